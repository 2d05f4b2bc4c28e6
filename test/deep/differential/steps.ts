import { toBytes } from '../../../src/http/bytes';
import type { AccountName } from './places';

/** Who sends a step. */
export type User = 'tester' | 'tester2' | 'tester3' | 'admin' | 'anonymous' | 'badtoken';

/** How a body is announced: by Content-Length, chunked, not at all, or with Expect: 100-continue. */
export type Framing = 'length' | 'chunked' | 'none' | 'expect';

/**
 * One request, the same for both sides. In path and headers stand for what differs between the sides:
 * `{s}` the percent-encoded name of the container s, `{S}` the same name as bytes, `{n0}` the first object name of
 * the sequence, `{i:k:0:1}` the id of its second newest version in the container k, `{e:x:0:1}` the second newest version of `{n0}` in the archive x, `{a:0}` what the versions of `{n0}`
 * begin with, `{test}` and `{test2}` the accounts, `{base}` what the names of all containers begin with.
 */
export interface Step {
  readonly user: User;
  readonly method: string;
  readonly account: AccountName;
  /** Below the account; with the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyName;
  /** Instead of a body: a large object's manifest of these. */
  readonly segments?: readonly SegmentSpec[];
  readonly framing?: Framing;
}

/** An item of a manifest, right or wrong; texts are expanded as those of steps, and then decoded. */
export type SegmentSpec = Readonly<Record<string, string | number | null>>;

/** One generated test: object names and what is done to them. */
export interface Sequence {
  readonly names: readonly [string, string, string];
  readonly steps: readonly Step[];
}

/** The container of the segments that large objects and symlinks of both sides point at; nothing in it ever changes. */
export const SEGMENTS = 'dv-segments';

/** What is in the container of segments. */
export const SEGMENT_BODIES: Readonly<Record<string, Buffer>> = {
  'seg/1': Buffer.from('first segment, '),
  'seg/2': Buffer.from('second segment'),
};

const manifest = (...names: string[]) =>
  Buffer.from(JSON.stringify(names.map((name) => ({ path: `/${SEGMENTS}/${name}` }))));

/** The bodies that steps name. */
export const BODIES = {
  empty: Buffer.alloc(0),
  one: Buffer.from('1'),
  two: Buffer.from('the second body\n'),
  utf8: Buffer.from('käse ☃', 'utf8'),
  binary: Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  large: Buffer.alloc(64 * 1024 + 1, 'large '),
  larger: Buffer.alloc(200_000, 'larger '),
  slo1: manifest('seg/1'),
  slo2: manifest('seg/1', 'seg/2', 'seg/1'),
  sloBad: manifest('seg/1', 'missing'),
} as const;

export type BodyName = keyof typeof BODIES;

/** UTF-8 text as a header carries it. */
export function headerText(text: string): string {
  return toBytes(text);
}

/** A step on one line, for failures. */
export function showStep(step: Step): string {
  const { user, method, account, path, headers = {}, body, segments, framing } = step;
  const fields = Object.entries(headers).map(
    ([name, value]) => ` ${name}: ${JSON.stringify(value)}`,
  );
  const sent = segments ? ` body=${JSON.stringify(segments)}` : body ? ` body=${body}` : '';
  const shown = `${user} ${method} {${account}}${path}${fields.join('')}${sent}${framing ? ` (${framing})` : ''}`;
  return shown.replace(/(.)\1{59,}/g, (run, each: string) => `<${run.length} times ${each}>`);
}
