import { z } from 'zod';
import { destroy } from '../../http/body';
import { isTrueValue, toBytes } from '../../http/bytes';
import type { Headers } from '../../http/headers';
import { parseAnswer, readAnswer } from '../../swift_api/json_response';
import { ask, askingForParts, type Caller } from '../caller';
import { BucketError } from '../errors';
import { headObject, objectRefusal } from '../objects';
import { isManifestOfParts, segmentsOf } from './upload_names';
import type { ObjectRef } from '../versions';

const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
const Manifest = z.array(
  z.object({
    name: z.string().default(''),
    bytes: z.number().optional(),
    range: z.string().optional(),
    data: z.string().optional(),
  }),
);

/** Where one of the parts lies of which an object was made. */
export interface PartRange {
  /** The version that it is of, so that no other is read. */
  readonly versionId: string | undefined;
  /** As the header Range has it; undefined: all of an object that has no parts, or is empty. */
  readonly range: string | undefined;
  /** How many parts there are; undefined for an object that has none. */
  readonly count: number | undefined;
}

/**
 * Where a part of an object lies.
 *
 * @param number from 1 on; an object without parts is its own first
 * @throws BucketError `invalid-range` where there is no such part, and what reading throws
 */
export async function partRange(
  caller: Caller,
  ref: ObjectRef,
  number: number,
): Promise<PartRange> {
  // the content of what has no parts is not to be begun for nothing
  const info = await headObject(caller, ref);
  const found = { ...ref, versionId: info.versionId ?? ref.versionId };
  const sizes = isMadeOfParts(info.headers) ? await partSizes(caller, found) : undefined;
  const { versionId } = found;
  if (sizes === undefined) {
    if (number > 1) throw noSuchPart(number);
    return { versionId, range: undefined, count: undefined };
  }
  const size = sizes[number - 1];
  if (size === undefined) throw noSuchPart(number);
  const first = sizes.slice(0, number - 1).reduce((sum, each) => sum + each, 0);
  const range = size === 0 ? undefined : `bytes=${first}-${first + size - 1}`;
  return { versionId, range, count: sizes.length };
}

/**
 * In bytes; undefined where what is there has no parts any more.
 *
 * @param about what the client asked for
 */
async function partSizes(
  caller: Caller,
  ref: ObjectRef,
  about = ref,
): Promise<number[] | undefined> {
  const { bucket, key, versionId } = ref;
  const query = { 'version-id': versionId, 'multipart-manifest': 'get' };
  const asking = ref === about ? caller : askingForParts(caller, about, 'read');
  const response = await ask(asking, { method: 'GET', container: bucket, object: key, query });
  if (response.status >= 300) throw await objectRefusal(caller, response, about);
  if (!isMadeOfParts(response.headers)) {
    destroy(response.body);
    return undefined;
  }
  const body = await readAnswer(response.body, MAX_MANIFEST_BYTES, 'a manifest');
  const sizes: number[] = [];
  for (const segment of parseAnswer(Manifest, body, 'a manifest')) {
    const inner = manifestIn(ref, segment.name);
    // several thousand parts are in some manifests of parts
    if (inner === undefined) sizes.push(sizeOf(segment));
    else sizes.push(...((await partSizes(caller, inner, about)) ?? []));
  }
  return sizes;
}

/** The manifest of parts that a segment is, of those that this API makes beside the bucket: what others nest is a part of its own. */
function manifestIn({ bucket }: ObjectRef, name: string): ObjectRef | undefined {
  const container = `/${segmentsOf(bucket)}/`;
  const path = toBytes(name);
  if (!path.startsWith(container) || !isManifestOfParts(path)) return undefined;
  return { bucket: segmentsOf(bucket), key: path.slice(container.length) };
}

function isMadeOfParts(headers: Headers): boolean {
  return isTrueValue(headers.get('x-static-large-object'));
}

function sizeOf({ bytes, range, data }: z.infer<typeof Manifest>[number]): number {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (first !== undefined && last !== undefined) return Number(last) - Number(first) + 1;
  return data === undefined ? (bytes ?? 0) : Buffer.from(data, 'base64').length;
}

function noSuchPart(number: number): BucketError {
  return new BucketError('invalid-range', 'The requested partnumber is not satisfiable', {
    fields: { PartNumberRequested: String(number) },
  });
}
