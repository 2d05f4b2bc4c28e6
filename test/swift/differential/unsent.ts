import { place, removedBy } from './leftovers';
import { versionsOf } from './leftovers_with_ids';
import { encodedArchivePrefix, encodeValue } from './places';
import { accountPath, type Side } from './side';
import type { Step } from './steps';
import { quote, unquote } from '../../../src/http/bytes';

/** A kind of step that is not sent, since the two sides would do different things and all that follows would differ; README tells of it. */
export interface Unsent {
  readonly name: string;
  readonly reason: string;
  /** @param side that of Swift's own versions */
  concerns(step: Step, side: Side): Promise<boolean> | boolean;
}

/** All of them; the rest of what may differ is in differences. */
export const UNSENT: readonly Unsent[] = [
  {
    name: 'copy from a name that is not UTF-8 (not sent)',
    reason:
      'Swift answers 500; we cannot know that nothing was done, so the entry made for it stays in the archive until the next write',
    concerns: ({ method, path, headers = {} }, side) => {
      const source = method === 'COPY' ? path : headers['X-Copy-From'];
      const named = source?.replace(/\{[ae]:(?:\w:)?(\d)[^}]*\}/g, '{n$1}');
      return named !== undefined && /%ff|%00/.test(side.expandNames(named));
    },
  },
  {
    name: 'DELETE of a version by its id, by who is not the owner (not sent)',
    reason:
      'Swift lets none but the owner reach versions by their ids, but first removes the link to the current one for whoever may write; we refuse it whole',
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
    name: 'PUT of an id over what has none (not sent)',
    reason: 'Swift loses what has none; we keep it as a version',
    concerns: async (step, side) => {
      const restored = await restoredBy(step, side);
      return restored?.version !== undefined && restored.isOverNull;
    },
  },
  {
    name: 'DELETE of a symlink that leads nowhere, beneath a delete marker (not sent)',
    reason:
      'Swift follows the link to see whether there is an object, finds none (or an error), and restores over the link or answers 412; we see the link and delete it',
    concerns: isBeneathMarker,
  },
];

/** Which version a PUT makes the current one, and over what; undefined for all other steps. */
async function restoredBy({ method, account, path, headers = {} }: Step, side: Side) {
  if (method !== 'PUT' || 'X-Copy-From' in headers || !path.includes('version-id=')) return undefined;
  const expanded = await side.expand(path);
  const id = /[?&]version-id=([^&]*)/.exec(expanded)?.[1];
  const written = place(account, expanded);
  if (written === undefined || id === 'null') return undefined;
  const versions = await versionsOf(side, written);
  return {
    version: versions.find((each) => each.version_id === id),
    isOverNull: versions.some((each) => each.version_id === 'null'),
  };
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
  const { status, body } = await side.ask('GET', `${accountPath(account)}/${quote(archive)}${query}`);
  return status === 200 && body.toString('latin1').includes('swift_versions_deleted');
}
