import { archiveOf, hasIds, place, removedBy, writtenBy } from './leftovers';
import { versionsOf } from './leftovers_with_ids';
import { encodedArchivePrefix, encodeValue, type Place } from './places';
import { accountPath, type Side } from './side';
import type { Step } from './steps';
import type { Answer } from '../../support/clients/client';
import { quote, unquote } from '../../../src/http/bytes';

/**
 * A kind of step that is not sent, since the two sides would act differently and all
 * later steps would differ. The README describes each.
 */
export interface Unsent {
  readonly name: string;
  readonly reason: string;
  /** @param side the side with Swift's own versions */
  concerns(step: Step, side: Side): Promise<boolean> | boolean;
}

/** Max bytes of a name that a link or a manifest leads to. */
const MAX_POINTER = 900;

/** Everything that is not sent to either side; other deviations are in differences. */
export const UNSENT: readonly Unsent[] = [
  {
    name: 'copy from a name that is not UTF-8 (not sent)',
    reason:
      'Swift answers 500; we cannot know whether the copy was made, so its archive entry stays until the next write',
    concerns: ({ method, path, headers = {} }, side) =>
      isNoText(method === 'COPY' ? path : headers['X-Copy-From'], side),
  },
  {
    name: 'a link, or a pointer to segments, with a name that is not UTF-8 (not sent)',
    reason: 'Swift creates a dangling one; we refuse it, as we refuse any impossible name',
    concerns: ({ headers = {} }, side) =>
      [headers['X-Symlink-Target'], headers['X-Object-Manifest']].some((name) =>
        isNoText(name, side),
      ),
  },
  {
    name: 'a pointer to a name at the limit (not sent)',
    reason:
      "the file system below the lab's Swift has no room for such a name and such a target of one object, which then cannot be archived",
    concerns: ({ headers = {} }, side) =>
      [headers['X-Symlink-Target'], headers['X-Object-Manifest']].some(
        (name) => name !== undefined && side.expandNames(name).length > MAX_POINTER,
      ),
  },
  {
    name: 'DELETE of a version by its id, by who is not the owner (not sent)',
    reason:
      'only the owner may access versions by their ids in Swift, but it first removes the link to the current one for any client that may write; we refuse the request as a whole',
    concerns: ({ method, path, user, account }) =>
      method === 'DELETE' &&
      /[?&]version-id=(?!null)/.test(path) &&
      user !== (account === 'test' ? 'tester' : 'tester2'),
  },
  {
    name: 'PUT of the id of a delete marker (not sent)',
    reason: 'Swift links to the marker; we answer 404',
    concerns: async (step, side) => {
      const restored = await restoredBy(step, side);
      return restored?.version?.isMarker === true;
    },
  },
  {
    name: 'PUT of the id of a large object (not sent)',
    reason:
      'Swift then lists the object with the size and the hash of its manifest; we list it with those of its content',
    concerns: async (step, side) => {
      const restored = await restoredBy(step, side);
      const target = place(step.account, await side.expand(step.path));
      if (restored?.version === undefined || target === undefined) return false;
      const { headers } = await headAs(side, target, `?version-id=${restored.version.version_id}`);
      return headers.has('x-static-large-object');
    },
  },
  {
    name: 'PUT of an id over what has none (not sent)',
    reason: 'Swift loses the object without an id; we keep it as a version',
    concerns: async (step, side) => {
      const restored = await restoredBy(step, side);
      return restored?.version !== undefined && restored.isOverNull;
    },
  },
  {
    name: 'PUT or DELETE of an id where a mode is in force (not sent)',
    reason:
      'Swift checks the client first, and ignores the id when it archives or restores: it writes an empty object, or restores the newest entry; we refuse ids in such a container',
    concerns: async (step, side) => {
      if (!isRestoring(step) && !isRemovingById(step)) return false;
      const concerned =
        step.method === 'PUT' ? await writtenBy(side, step) : await removedBy(side, step);
      return concerned !== undefined && (await archiveOf(side, concerned)) !== undefined;
    },
  },
  {
    name: 'DELETE of the current version of a name with a percent sign (not sent)',
    reason:
      'Swift decodes such a name once more, does not recognise the link, and leaves it dangling',
    concerns: async (step, side) => {
      const { account, path } = step;
      if (!isRemovingById(step)) return false;
      const expanded = await side.expand(path);
      const removed = place(account, expanded);
      if (removed === undefined || !/%[0-9a-f]{2}/i.test(unquote(removed.object))) return false;
      const id = /[?&]version-id=([^&]*)/.exec(expanded)?.[1];
      return (await versionsOf(side, removed)).some(
        (each) => each.version_id === id && each.is_latest,
      );
    },
  },
  {
    name: 'what has no id and is a symlink to a version, as null (not sent)',
    reason: 'Swift does not find it, since its target has an id; we do, since it has none itself',
    concerns: isNullLinkToVersion,
  },
  {
    name: 'DELETE of a symlink that leads nowhere, beneath a delete marker (not sent)',
    reason:
      'Swift follows the link to check for an object, finds none (or an error), and restores over the link or answers 412; we find the link and delete it',
    concerns: isBeneathMarker,
  },
];

/** Whether no store can have an object of this name. */
export function isNoText(name: string | undefined, side: Side): boolean {
  const named = name?.replace(/\{[ae]:(?:\w:)?(\d)[^}]*\}/g, '{n$1}');
  return named !== undefined && /%ff|%00/.test(side.expandNames(named));
}

/** What is not sent to a proxy over a plain Swift. */
export const PROXY_UNSENT: readonly Unsent[] = [
  ...UNSENT,
  {
    name: 'copy of a large object as a whole to where versions have ids (not sent)',
    reason:
      'listings show the slo_etag of the source for a version that is a static link in Swift; they do not for its own versions',
    concerns: async (step, side) => {
      const [source, target] = [await copiedBy(step, side), await writtenBy(side, step)];
      if (!source || !target || step.path.includes('multipart-manifest=get')) return false;
      const id = /[?&](version-id=[^&]+)/.exec(await side.expand(step.path))?.[1];
      const { headers } = await headAs(side, source, id === undefined ? '' : `?${id}`);
      return headers.has('x-static-large-object') && hasIds(side, target);
    },
  },
];

/** Returns the version that a PUT restores, and the object it replaces, if it does. */
async function restoredBy(step: Step, side: Side) {
  if (!isRestoring(step)) return undefined;
  const { account, path } = step;
  const expanded = await side.expand(path);
  const id = /[?&]version-id=([^&]*)/.exec(expanded)?.[1];
  const target = place(account, expanded);
  if (target === undefined || id === 'null') return undefined;
  const versions = await versionsOf(side, target);
  return {
    version: versions.find((each) => each.version_id === id),
    isOverNull: versions.some((each) => each.version_id === 'null'),
  };
}

function isRestoring({ method, path, headers = {} }: Step): boolean {
  return method === 'PUT' && !('X-Copy-From' in headers) && path.includes('version-id=');
}

function isRemovingById({ method, path }: Step): boolean {
  return method === 'DELETE' && /[?&]version-id=(?!null)/.test(path);
}

/** Returns the source of a copy. */
async function copiedBy(
  { method, account, path, headers = {} }: Step,
  side: Side,
): Promise<Place | undefined> {
  const source = method === 'COPY' ? path : headers['X-Copy-From'];
  if (source === undefined) return undefined;
  const from = method === 'COPY' ? undefined : headers['X-Copy-From-Account'];
  const holder = from === undefined ? account : from === '{test2}' ? 'test2' : 'test';
  return place(holder, await side.expand(source));
}

function headAs(side: Side, { account, container, object }: Place, query: string): Promise<Answer> {
  const path = `${accountPath(account)}/${container}/${object}${query}`;
  return side.endpoint.connection.send({
    method: 'HEAD',
    path,
    headers: side.endpoint.users.admin,
  });
}

async function isNullLinkToVersion(step: Step, side: Side): Promise<boolean> {
  if (!(await side.expand(step.path)).includes('version-id=null')) return false;
  const read = (await copiedBy(step, side)) ?? place(step.account, await side.expand(step.path));
  if (read === undefined) return false;
  const queries = ['?symlink=get', '', '?version-id=null'];
  const [itself, followed, asNull] = await Promise.all(
    queries.map((query) => headAs(side, read, query)),
  );
  const isLink = itself?.headers.has('x-symlink-target') === true;
  return isLink && followed?.status === 200 && asNull?.status === 404;
}

async function isBeneathMarker(step: Step, side: Side): Promise<boolean> {
  const removed = await removedBy(side, step);
  if (removed === undefined) return false;
  const { account, container, object, archive } = removed;
  const path = `${accountPath(account)}/${container}/${object}`;
  const [itself, followed] = await Promise.all([
    side.ask('HEAD', `${path}?symlink=get`),
    side.ask('HEAD', path),
  ]);
  if (itself.status !== 200 || followed.status < 400) return false;
  const prefix = encodeValue(unquote(encodedArchivePrefix(object)));
  const query = `?format=json&limit=1&reverse=on&prefix=${prefix}`;
  const { status, body } = await side.ask(
    'GET',
    `${accountPath(account)}/${quote(archive)}${query}`,
  );
  return status === 200 && body.toString('latin1').includes('swift_versions_deleted');
}
