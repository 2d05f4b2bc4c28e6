import { createHash } from 'node:crypto';
import type { Versioning } from '../../judges/buckets/model';
import type { ListedEntry } from '../../judges/buckets/model_listing';

/** The result of a read. `marker`: a delete marker, by its id. */
export type Seen =
  | {
      readonly is: 'content';
      readonly body: string;
      readonly etag: string;
      readonly type: string | undefined;
      /** The user's metadata. */
      readonly mark: string | undefined;
    }
  | { readonly is: 'nothing' | 'marker' };

/** The result of a change. */
export interface Told {
  /** Undefined if the change was made. */
  readonly failed?: 'nothing' | 'marker' | undefined;
  /** The id of the written version in the response; `null` if it has none. */
  readonly id?: string | undefined;
}

/** A page of versions, and where the next begins. */
interface SpokenPage {
  readonly entries: readonly ListedEntry[];
  readonly next?: readonly [key: string, id: string] | undefined;
}

/** One bucket through one of the APIs. All methods throw on an unexpected response. */
export interface Speaker {
  readonly name: string;
  create(): Promise<void>;
  setVersioning(status: 'Enabled' | 'Suspended'): Promise<void>;
  versioning(): Promise<Versioning>;
  put(key: string, body: string): Promise<Told>;
  /** Uploads in one part. Undefined if the API has no uploads in parts. */
  readonly multipart: ((key: string, body: string) => Promise<Told>) | undefined;
  copy(key: string, from: string, id?: string): Promise<Told>;
  remove(key: string, id?: string): Promise<Told>;
  read(key: string, id?: string): Promise<Seen>;
  page(limit: number, after?: readonly [key: string, id: string]): Promise<SpokenPage>;
  keys(): Promise<string[]>;
}

/** The type of every object, whichever API writes it, to compare with the others. */
export const TYPE = 'text/x-mark';

/** The metadata of an object with a body. */
export const markOf = (body: string): string => createHash('sha256').update(body).digest('hex');

/** All versions, page by page. */
export async function versionsOf(speaker: Speaker, limit: number): Promise<ListedEntry[]> {
  const all: ListedEntry[] = [];
  for (let after: readonly [string, string] | undefined; ;) {
    const { entries, next } = await speaker.page(limit, after);
    all.push(...entries);
    if (!next) return all;
    after = next;
  }
}

/** Escapes a name for paths. */
export const escapedKey = (key: string): string => key.split('/').map(escaped).join('/');

/** Escapes a text for queries. */
export const escaped = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The error for an unexpected response. */
export function unexpected(
  name: string,
  what: string,
  { status, body }: { status: number; body: Buffer },
) {
  return new Error(`${name}: ${what}: ${status} ${body.toString().slice(0, 500)}`);
}
