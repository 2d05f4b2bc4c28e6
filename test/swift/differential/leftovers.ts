import { quote, unquote, type ByteString } from '../../../src/http/bytes';
import { encodedArchivePrefix, type AccountName } from './places';
import { accountPath, type Side } from './side';
import type { Step } from './steps';

/** An object, percent-encoded. */
export interface Place {
  readonly account: AccountName;
  readonly container: string;
  readonly object: string;
}

/**
 * Swift archives before it knows whether the write will be refused, and then leaves an entry with the timestamp of the object
 * that is still current. Takes it away again, so that later steps find the same on both sides.
 */
export async function removeLeftover(reference: Side, step: Step): Promise<void> {
  const written = await writtenBy(reference, step);
  const archive = written && (await archiveOf(reference, written));
  if (written === undefined || archive === undefined) return;
  const { account, container, object } = written;
  const path = `${accountPath(account)}/${container}/${object}`;
  const current = await reference.ask('HEAD', `${path}?multipart-manifest=get&symlink=get`);
  const timestamp = current.headers.get('x-timestamp');
  if (current.status !== 200 || timestamp === undefined) return;
  const entry = encodedArchivePrefix(object) + timestamp;
  await reference.ask('DELETE', `${accountPath(account)}/${quote(archive)}/${entry}`);
}

/** Which object a PUT or COPY writes. */
export async function writtenBy(side: Side, step: Step): Promise<Place | undefined> {
  const { method, account, path, headers = {} } = step;
  if (method === 'PUT') return place(account, await side.expand(path));
  const { Destination: destination, 'Destination-Account': given } = headers;
  if (method !== 'COPY' || destination === undefined) return undefined;
  const named: AccountName = given === '{test2}' ? 'test2' : 'test';
  return place(given === undefined ? account : named, await side.expand(destination));
}

/** Which object a DELETE in a versioned container removes, and the name of the archive. */
export async function removedBy(
  side: Side,
  { method, account, path }: Step,
): Promise<(Place & { readonly archive: ByteString }) | undefined> {
  const removed = method === 'DELETE' ? place(account, await side.expand(path)) : undefined;
  const archive = removed && (await archiveOf(side, removed));
  return removed && archive !== undefined ? { ...removed, archive } : undefined;
}

function place(account: AccountName, text: string): Place | undefined {
  const target = text.split('?')[0]?.replace(/^\//, '') ?? '';
  const at = target.indexOf('/');
  if (at < 0 || at === target.length - 1) return undefined;
  return { account, container: target.slice(0, at), object: target.slice(at + 1) };
}

/** The archive that Swift's own versions use for a container. */
async function archiveOf(reference: Side, { account, container }: Place): Promise<ByteString | undefined> {
  const { headers } = await reference.endpoint.connection.send({
    method: 'HEAD',
    path: `${accountPath(account)}/${container}`,
    headers: reference.endpoint.users.admin,
  });
  const location = headers.get('x-versions-location') ?? headers.get('x-history-location');
  return location === undefined ? undefined : unquote(location).split('/')[0];
}
