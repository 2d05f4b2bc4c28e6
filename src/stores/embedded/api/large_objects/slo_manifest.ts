import { quote, trimChars, trimEndChars } from '../../../../http/bytes';
import type { ObjectTarget } from '../../../../swift_api/target';
import { UnreadableJson } from '../../../../formats/json';
import { NotAList, readJsonList } from '../../../../formats/json_list';
import { DEFAULT_LIMITS, unreadableManifest } from '../../../../swift_api/manifest_bounds';
import { toPythonJson } from '../../../../formats/python_json';
import { segmentTarget } from '../../../../swift_api/stored_manifest';
import { htmlResponse, Refused, refuseWith } from '../answers';
import { parseRanges } from '../../../../http/ranges';

/** Swift's limits for manifests, as `/info` reports them. */
export const SLO_LIMITS = {
  max_manifest_segments: DEFAULT_LIMITS.segments,
  max_manifest_size: DEFAULT_LIMITS.bytes,
} as const;

/**
 * Max segments of a manifest, including inline data: a reader of the object waits until
 * all are parsed.
 */
const MAX_ITEMS = 10_000;

/** The attributes that store the ETag and size of a large object. */
export const SLO_ETAG = 'x-object-sysmeta-slo-etag';
export const SLO_SIZE = 'x-object-sysmeta-slo-size';

/** Formats a manifest as Python does, so that its ETag is Swift's. */
export function formatManifest(segments: readonly Readonly<Record<string, unknown>>[]): Buffer {
  return Buffer.from(toPythonJson(segments));
}

/** A segment as a client's manifest names it. */
export type RequestedSegment =
  | { readonly data: Buffer }
  | {
      readonly path: string;
      readonly etag: string | undefined;
      readonly size: number | undefined;
      readonly range: string | undefined;
    };

/**
 * Parses the manifest of a `?multipart-manifest=put` (Swift's
 * `parse_and_validate_input`).
 *
 * @throws Refused with all problems, at most `max_manifest_segments`
 */
export async function parseManifest(
  body: Buffer,
  manifest: ObjectTarget,
): Promise<RequestedSegment[]> {
  const problems: string[] = [];
  const segments: RequestedSegment[] = [];
  let [at, hasOnlyData] = [0, true];
  for await (const { value, isLast } of itemsOf(body)) {
    const segment = parseSegment(value, isLast, manifest);
    hasOnlyData &&= isRecord(value) && 'data' in value;
    if (typeof segment === 'string') problems.push(`Index ${at}: ${segment}`);
    else segments.push(segment);
    if (problems.length === SLO_LIMITS.max_manifest_segments) break;
    if (++at > MAX_ITEMS)
      throw new Refused(htmlResponse(413, `Number of segments must be <= ${MAX_ITEMS}`));
  }
  if (segments.length > 0 && hasOnlyData)
    problems.push('Inline data segments require at least one object-backed segment.');
  if (problems.length > 0) throw refuseWith(400, problems.map((each) => `${each}\n`).join(''));
  return segments;
}

/** Yields the items of a manifest. @throws Refused if it is not a JSON list */
async function* itemsOf(body: Buffer): AsyncGenerator<{ value: unknown; isLast: boolean }, void> {
  let pending: readonly unknown[] = [];
  try {
    for await (const items of readJsonList(body)) {
      for (const value of pending) yield { value, isLast: false };
      pending = items;
    }
  } catch (error) {
    if (error instanceof NotAList)
      throw new Refused(htmlResponse(400, 'Manifest must be a list.\n'));
    if (error instanceof UnreadableJson) throw new Refused(unreadableManifest());
    throw error;
  }
  for (const [at, value] of pending.entries()) yield { value, isLast: at === pending.length - 1 };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the segment, or what is wrong with it. */
function parseSegment(
  item: unknown,
  isLast: boolean,
  manifest: ObjectTarget,
): RequestedSegment | string {
  if (!isRecord(item)) return 'not a JSON object';
  const kind = 'data' in item ? 'data' : 'path' in item ? 'path' : undefined;
  if (kind === undefined) return "expected keys to include one of 'data' or 'path'";
  const allowed = kind === 'data' ? ['data'] : ['path', 'range', 'etag', 'size_bytes'];
  const extraneous = Object.keys(item).filter((key) => !allowed.includes(key));
  if (extraneous.length > 0) {
    const names = extraneous.sort().map((key) => JSON.stringify(key));
    return `extraneous keys ${names.join(', ')}`;
  }
  return kind === 'data' ? parseData(item['data']) : parsePath(item, isLast, manifest);
}

function parseData(data: unknown): RequestedSegment | string {
  const compact = typeof data === 'string' ? trimEndChars(data, '=') : '*';
  if (!/^[A-Za-z0-9+/]*$/.test(compact) || compact.length % 4 === 1)
    return 'data must be valid base64';
  const bytes = Buffer.from(compact, 'base64');
  return bytes.length < 1 ? 'too small; each segment must be at least 1 byte.' : { data: bytes };
}

function parsePath(
  { path, etag, size_bytes, range }: Readonly<Record<string, unknown>>,
  isLast: boolean,
  manifest: ObjectTarget,
): RequestedSegment | string {
  if (typeof path !== 'string') return '"path" must be a string';
  if (etag !== undefined && etag !== null && typeof etag !== 'string')
    return '"etag" must be a string or null (if provided)';
  if (!trimChars(path, '/').includes('/'))
    return 'path does not refer to an object. Path must be of the form /container/object.';
  const size = size_bytes === undefined || size_bytes === null ? undefined : toInteger(size_bytes);
  if (size !== undefined && Number.isNaN(size)) return 'invalid size_bytes';
  if (size !== undefined && size < 1 && !isLast)
    return 'too small; each segment must be at least 1 byte.';
  const { container, object } = segmentTarget(manifest, path);
  if (quote(`${container}/${object}`) === quote(`${manifest.container}/${manifest.object}`))
    return 'manifest must not include itself as a segment';
  if (range && typeof range !== 'string') return 'invalid range';
  const requestedRange = typeof range === 'string' && range !== '' ? range : undefined;
  const problem = requestedRange === undefined ? undefined : rangeProblem(requestedRange, size);
  return problem ?? { path, etag: etag ?? undefined, size, range: requestedRange };
}

function toInteger(value: unknown): number {
  if (typeof value === 'number')
    return Number.isSafeInteger(Math.trunc(value)) ? Math.trunc(value) : NaN;
  return typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : NaN;
}

function rangeProblem(range: string, size: number | undefined): string | undefined {
  const header = `bytes=${range}`;
  if (parseRanges(header, Number.MAX_SAFE_INTEGER) === undefined) return 'invalid range';
  if (range.includes(',')) return 'multiple ranges (only one allowed)';
  if (size !== undefined && parseRanges(header, size)?.length !== 1) return 'unsatisfiable range';
  return undefined;
}
