import { createHash } from 'node:crypto';
import type { Versioning } from '../s3/model';
import type { ListedEntry } from '../s3/model_listing';

/** What was found where something was read. `marker`: a delete marker, by its id. */
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

/** What came of a change. */
export interface Told {
  /** Undefined: it was done. */
  readonly failed?: 'nothing' | 'marker' | undefined;
  /** The id that was told for what was written, `null` for one without. */
  readonly id?: string | undefined;
}

/** A page of versions, and where the next begins. */
export interface SpokenPage {
  readonly entries: readonly ListedEntry[];
  readonly next?: readonly [key: string, id: string] | undefined;
}

/** One bucket, spoken to in one of the APIs. All throw where an answer is none that could be meant. */
export interface Speaker {
  readonly name: string;
  create(): Promise<void>;
  setVersioning(status: 'Enabled' | 'Suspended'): Promise<void>;
  versioning(): Promise<Versioning>;
  put(key: string, body: string): Promise<Told>;
  /** In one part. Undefined: the API has nothing like it. */
  readonly multipart: ((key: string, body: string) => Promise<Told>) | undefined;
  copy(key: string, from: string, id?: string): Promise<Told>;
  remove(key: string, id?: string): Promise<Told>;
  read(key: string, id?: string): Promise<Seen>;
  page(limit: number, after?: readonly [key: string, id: string]): Promise<SpokenPage>;
  keys(): Promise<string[]>;
}

/** What every object is written with, whichever API it is written through, so that it can be looked for in the others. */
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

/** A name as paths have it. */
export const escapedKey = (key: string): string => key.split('/').map(escaped).join('/');

/** A text as queries have it. */
export const escaped = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The error for an answer that nobody expects. */
export function unexpected(
  name: string,
  what: string,
  { status, body }: { status: number; body: Buffer },
) {
  return new Error(`${name}: ${what}: ${status} ${body.toString().slice(0, 500)}`);
}
