import { isTrueValue, quote, unquote, type ByteString } from '../../../src/http/bytes';
import type { Headers } from '../../../src/http/headers';
import type { Answer } from '../../support/clients/client';
import { remakeVersionsContainer, removeVersionsLeft } from './leftovers_with_ids';
import { encodedArchivePrefix, type AccountName, type Place } from './places';
import { accountPath, type Side } from './side';
import type { Step } from './steps';

/**
 * Removes what a refused write left behind. Swift archives before it knows whether the
 * write will be refused, which leaves an entry with the timestamp of the still current
 * object. Later steps must see the same on both sides.
 *
 * @param answer Swift's refusal
 */
export async function removeLeftover(reference: Side, step: Step, answer: Answer): Promise<void> {
  const target = await writtenBy(reference, step);
  if (target === undefined) return remakeVersionsContainer(reference, step);
  const { account, container, object } = target;
  const setting = await settingOf(reference, target);
  const archive = archiveIn(setting);
  // a mode may be set while versions with ids are suspended
  if (archive === undefined && setting.has('x-versions-enabled')) {
    // a restore writes no version, and its refusal names the requested id
    const restores = step.path.includes('version-id=') && !('X-Copy-From' in (step.headers ?? {}));
    if (step.method === 'PUT' && restores) return;
    return removeVersionsLeft(reference, target, answer);
  }
  if (archive === undefined) return;
  const path = `${accountPath(account)}/${container}/${object}`;
  const current = await reference.ask('HEAD', `${path}?multipart-manifest=get&symlink=get`);
  const timestamp = current.headers.get('x-timestamp');
  if (current.status !== 200 || timestamp === undefined) return;
  const entry = encodedArchivePrefix(object) + timestamp;
  await reference.ask('DELETE', `${accountPath(account)}/${quote(archive)}/${entry}`);
}

/** Returns the object that a PUT or COPY writes. */
export async function writtenBy(side: Side, step: Step): Promise<Place | undefined> {
  const { method, account, path, headers = {} } = step;
  if (method === 'PUT') return place(account, await side.expand(path));
  const { Destination: destination, 'Destination-Account': destinationAccount } = headers;
  if (method !== 'COPY' || destination === undefined) return undefined;
  const named: AccountName = destinationAccount === '{test2}' ? 'test2' : 'test';
  return place(destinationAccount === undefined ? account : named, await side.expand(destination));
}

/**
 * Returns the object that a DELETE removes in a versioned container, with its archive.
 */
export async function removedBy(
  side: Side,
  { method, account, path }: Step,
): Promise<(Place & { readonly archive: ByteString }) | undefined> {
  const removed = method === 'DELETE' ? place(account, await side.expand(path)) : undefined;
  const archive = removed && (await archiveOf(side, removed));
  return removed && archive !== undefined ? { ...removed, archive } : undefined;
}

/** Returns the object that a path with this side's names refers to, if any. */
export function place(account: AccountName, text: string): Place | undefined {
  const target = text.split('?')[0]?.replace(/^\//, '') ?? '';
  const at = target.indexOf('/');
  if (at < 0 || at === target.length - 1) return undefined;
  return { account, container: target.slice(0, at), object: target.slice(at + 1) };
}

/** Returns the archive that Swift's own versions use for an object's container. */
export async function archiveOf(side: Side, at: Place): Promise<ByteString | undefined> {
  return archiveIn(await settingOf(side, at));
}

/** Whether the versions in an object's container have ids. */
export async function hasIds(side: Side, at: Place): Promise<boolean> {
  return isTrueValue((await settingOf(side, at)).get('x-versions-enabled'));
}

/** Returns the headers of a container. */
async function settingOf(side: Side, { account, container }: Place): Promise<Headers> {
  const { headers } = await side.endpoint.connection.send({
    method: 'HEAD',
    path: `${accountPath(account)}/${container}`,
    headers: side.endpoint.users.admin,
  });
  return headers;
}

/** Returns the archive that Swift's own versions use for a container. */
function archiveIn(setting: Headers): ByteString | undefined {
  const location = setting.get('x-versions-location') ?? setting.get('x-history-location');
  return location === undefined ? undefined : unquote(location).split('/')[0];
}
