import { randomBytes } from 'node:crypto';
import type { Client } from './client';

export type Mode = 'stack' | 'history';

export const MODES: readonly Mode[] = ['stack', 'history'];

/** The API's header for each mode. */
export const MODE_HEADER: Readonly<Record<Mode, string>> = {
  stack: 'X-Versions-Location',
  history: 'X-History-Location',
};

export const MARKER_TYPE = 'application/x-deleted;swift_versions_deleted=1';

/** A versioned container and its archive. */
export interface Pair {
  readonly container: string;
  readonly archive: string;
}

/** An object in a container. */
export interface Kept {
  readonly name: string;
  readonly body: string;
  readonly isMarker: boolean;
}

/** A name that no other test uses, even in a Swift that outlives the tests. */
export function uniqueName(what: string): string {
  return `${what}-${randomBytes(6).toString('hex')}`;
}

/** Creates a container for one test. */
export async function newContainer(
  client: Client,
  what = 'plain',
  headers: Record<string, string> = {},
): Promise<string> {
  const container = uniqueName(what);
  await mustBe(201, client.ask('PUT', `/${container}`, headers));
  return container;
}

/** Creates a versioned container and its archive for one test. */
export async function newPair(
  client: Client,
  mode: Mode,
  headers: Record<string, string> = {},
): Promise<Pair> {
  const archive = await newContainer(client, 'archive');
  const container = await newContainer(client, mode, { [MODE_HEADER[mode]]: archive, ...headers });
  return { container, archive };
}

/** The path of an object below its account, for a name that is text. */
export function pathOf(container: string, name: string): string {
  const encoded = name.split('/').map((part) => encodeURIComponent(part));
  return `/${encodeURIComponent(container)}/${encoded.join('/')}`;
}

/** Writes an object; throws unless it was created. */
export async function put(
  client: Client,
  container: string,
  name: string,
  body: string,
): Promise<void> {
  await mustBe(201, client.ask('PUT', pathOf(container, name), {}, body));
}

/** Reads every object whose name begins with a prefix, in the order of the names. */
export async function everything(client: Client, container: string, prefix = ''): Promise<Kept[]> {
  const objects: Kept[] = [];
  for (let marker = ''; ;) {
    const query = `prefix=${encodeURIComponent(prefix)}&marker=${encodeURIComponent(marker)}`;
    const names = await client.names(container, query);
    const last = names.at(-1);
    if (last === undefined) return objects;
    for (const name of names) {
      const { headers, body } = await client.ask('GET', pathOf(container, name));
      objects.push({
        name,
        body: body.toString(),
        isMarker: headers.get('content-type') === MARKER_TYPE,
      });
    }
    marker = last;
  }
}

/**
 * The bodies in a container, without those of delete markers, in the order of the names.
 */
export async function bodies(client: Client, container: string, prefix = ''): Promise<string[]> {
  const objects = await everything(client, container, prefix);
  return objects.filter(({ isMarker }) => !isMarker).map(({ body }) => body);
}

/** The body of an object, or its status if that is not 200. */
export async function current(
  client: Client,
  container: string,
  name: string,
): Promise<string | number> {
  const { status, body } = await client.ask('GET', pathOf(container, name));
  return status === 200 ? body.toString() : status;
}

/** The prefix of the names of an object's archived versions. */
export function archivePrefix(name: string): string {
  return `${Buffer.byteLength(name).toString(16).padStart(3, '0')}${name}/`;
}

/**
 * For requests that a test needs but is not about: throws if the status is not the
 * expected one.
 */
export async function mustBe<T extends { status: number; body: Buffer }>(
  status: number,
  asked: Promise<T>,
): Promise<T> {
  const answer = await asked;
  if (answer.status !== status)
    throw new Error(`answered ${answer.status} instead of ${status}: ${answer.body.toString()}`);
  return answer;
}
