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

/** A versioned container and the one that keeps its versions. */
export interface Pair {
  readonly container: string;
  readonly archive: string;
}

/** What a container keeps under a name. */
export interface Kept {
  readonly name: string;
  readonly body: string;
  readonly isMarker: boolean;
}

/** A name that no other test uses, also in a Swift that outlives the tests. */
export function uniqueName(what: string): string {
  return `${what}-${randomBytes(6).toString('hex')}`;
}

/** A container of its own for a test. */
export async function newContainer(
  client: Client,
  what = 'plain',
  headers: Record<string, string> = {},
): Promise<string> {
  const container = uniqueName(what);
  await mustBe(201, client.ask('PUT', `/${container}`, headers));
  return container;
}

/** A versioned container of its own for a test, with its archive. */
export async function newPair(
  client: Client,
  mode: Mode,
  headers: Record<string, string> = {},
): Promise<Pair> {
  const archive = await newContainer(client, 'archive');
  const container = await newContainer(client, mode, { [MODE_HEADER[mode]]: archive, ...headers });
  return { container, archive };
}

/** The path of an object below its account, its name given as text. */
export function pathOf(container: string, name: string): string {
  const encoded = name.split('/').map((part) => encodeURIComponent(part));
  return `/${encodeURIComponent(container)}/${encoded.join('/')}`;
}

/** Writes an object; fails unless it was created. */
export async function put(
  client: Client,
  container: string,
  name: string,
  body: string,
): Promise<void> {
  await mustBe(201, client.ask('PUT', pathOf(container, name), {}, body));
}

/** Everything in a container whose name begins with a prefix, in the order of the names. */
export async function everything(client: Client, container: string, prefix = ''): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (let marker = ''; ;) {
    const query = `prefix=${encodeURIComponent(prefix)}&marker=${encodeURIComponent(marker)}`;
    const names = await client.names(container, query);
    const last = names.at(-1);
    if (last === undefined) return kept;
    for (const name of names) {
      const { headers, body } = await client.ask('GET', pathOf(container, name));
      kept.push({
        name,
        body: body.toString(),
        isMarker: headers.get('content-type') === MARKER_TYPE,
      });
    }
    marker = last;
  }
}

/** The bodies in a container, in the order of the names, without those of delete markers. */
export async function bodies(client: Client, container: string, prefix = ''): Promise<string[]> {
  const kept = await everything(client, container, prefix);
  return kept.filter(({ isMarker }) => !isMarker).map(({ body }) => body);
}

/** The body of an object, or its status where that is not 200. */
export async function current(
  client: Client,
  container: string,
  name: string,
): Promise<string | number> {
  const { status, body } = await client.ask('GET', pathOf(container, name));
  return status === 200 ? body.toString() : status;
}

/** What the names of an object's archived versions begin with. */
export function archivePrefix(name: string): string {
  return `${Buffer.byteLength(name).toString(16).padStart(3, '0')}${name}/`;
}

/** For what a test needs but is not about: fails with the answer where it is another than expected. */
export async function mustBe<T extends { status: number; body: Buffer }>(
  status: number,
  asked: Promise<T>,
): Promise<T> {
  const answer = await asked;
  if (answer.status !== status)
    throw new Error(`answered ${answer.status} instead of ${status}: ${answer.body.toString()}`);
  return answer;
}
