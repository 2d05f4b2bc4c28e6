import { toBytes } from '../../../src/http/bytes';
import type { AccountName } from './places';

/** The user who sends a step. */
export type User = 'tester' | 'tester2' | 'tester3' | 'admin' | 'anonymous' | 'badtoken';

/**
 * How a body is announced: Content-Length, chunked, not at all, or Expect: 100-continue.
 */
export type Framing = 'length' | 'chunked' | 'none' | 'expect';

/**
 * One request, the same for both sides. Placeholders in path and headers stand for what
 * differs:
 * - `{s}`: the percent-encoded name of the container s; `{S}`: the same name as bytes
 * - `{n0}`: the first object name of the sequence
 * - `{i:k:0:1}`: the id of its second newest version in the container k
 * - `{e:x:0:1}`: the second newest version of `{n0}` in the archive x
 * - `{a:0}`: the prefix of the versions of `{n0}`
 * - `{test}`, `{test2}`: the accounts
 * - `{base}`: the prefix of all container names
 */
export interface Step {
  readonly user: User;
  readonly method: string;
  readonly account: AccountName;
  /** Below the account, with the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyName;
  /** Sends a large object's manifest of these segments instead of a body. */
  readonly segments?: readonly SegmentSpec[];
  readonly framing?: Framing;
}

/** An item of a manifest, valid or not; texts are expanded as in steps, then decoded. */
export type SegmentSpec = Readonly<Record<string, string | number | null>>;

/** One generated test: object names, and the steps that use them. */
export interface Sequence {
  readonly names: readonly [string, string, string];
  readonly steps: readonly Step[];
}

/** The container of the segments that large objects and symlinks use; never changes. */
export const SEGMENTS = 'dv-segments';

/** The contents of the segments container. */
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

/** Returns UTF-8 text as a header carries it. */
export function headerText(text: string): string {
  return toBytes(text);
}

/** Formats a step on one line, for failures. */
export function showStep(step: Step): string {
  const { user, method, account, path, headers = {}, body, segments, framing } = step;
  const fields = Object.entries(headers).map(
    ([name, value]) => ` ${name}: ${JSON.stringify(value)}`,
  );
  const bodyText = segments ? ` body=${JSON.stringify(segments)}` : body ? ` body=${body}` : '';
  const line = `${user} ${method} {${account}}${path}${fields.join('')}${bodyText}${framing ? ` (${framing})` : ''}`;
  return line.replace(/(.)\1{59,}/g, (run, each: string) => `<${run.length} times ${each}>`);
}
