import { z } from 'zod';
import { destroy } from '../../http/body';
import { isTrueValue, toBytes } from '../../http/bytes';
import type { Headers } from '../../http/headers';
import { parseResponse, readResponse } from '../../swift_api/json_response';
import { ask, withPartsAccess, type Caller } from '../caller';
import { BucketError } from '../errors';
import { headObject, objectRefusal } from '../objects';
import { isManifestOfParts, segmentsOf } from './upload_names';
import type { ObjectRef } from '../versions';
import { X_STATIC_LARGE_OBJECT } from '../../swift_api/header_names';

const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
const Manifest = z.array(
  z.object({
    name: z.string().default(''),
    bytes: z.number().optional(),
    range: z.string().optional(),
    data: z.string().optional(),
  }),
);

/** The position of one of the parts that an object was made from. */
export interface PartRange {
  /** The version with this part, so that no other is read. */
  readonly versionId: string | undefined;
  /**
   * The value of a Range header; undefined for the whole of an object that has no parts
   * or is empty.
   */
  readonly range: string | undefined;
  /** The number of parts; undefined for an object without parts. */
  readonly count: number | undefined;
}

/**
 * Returns the position of a part of an object.
 *
 * @param number from 1; an object without parts counts as its own first
 * @throws BucketError `invalid-range` if there is no such part, and the errors of reading
 */
export async function partRange(
  caller: Caller,
  ref: ObjectRef,
  number: number,
): Promise<PartRange> {
  // HEAD first, so as not to start reading the content of an object without parts
  const info = await headObject(caller, ref);
  const version = { ...ref, versionId: info.versionId ?? ref.versionId };
  const sizes = isMadeOfParts(info.headers) ? await partSizes(caller, version) : undefined;
  const { versionId } = version;
  if (sizes === undefined) {
    if (number > 1) throw noSuchPartError(number);
    return { versionId, range: undefined, count: undefined };
  }
  const size = sizes[number - 1];
  if (size === undefined) throw noSuchPartError(number);
  const first = sizes.slice(0, number - 1).reduce((sum, each) => sum + each, 0);
  const range = size === 0 ? undefined : `bytes=${first}-${first + size - 1}`;
  return { versionId, range, count: sizes.length };
}

/**
 * Returns the sizes of the parts in bytes; undefined if the object no longer has parts.
 *
 * @param about the object that the client requested
 */
async function partSizes(
  caller: Caller,
  ref: ObjectRef,
  about = ref,
): Promise<number[] | undefined> {
  const { bucket, key, versionId } = ref;
  const query = { 'version-id': versionId, 'multipart-manifest': 'get' };
  const reader = ref === about ? caller : withPartsAccess(caller, about, 'read');
  const response = await ask(reader, { method: 'GET', container: bucket, object: key, query });
  if (response.status >= 300) throw await objectRefusal(caller, response, about);
  if (!isMadeOfParts(response.headers)) {
    destroy(response.body);
    return undefined;
  }
  const body = await readResponse(response.body, MAX_MANIFEST_BYTES, 'a manifest');
  const sizes: number[] = [];
  for (const segment of parseResponse(Manifest, body, 'a manifest')) {
    const inner = manifestIn(ref, segment.name);
    // several thousand parts are spread over several manifests
    if (inner === undefined) sizes.push(sizeOf(segment));
    else sizes.push(...((await partSizes(caller, inner, about)) ?? []));
  }
  return sizes;
}

/**
 * Returns the manifest that a segment refers to, if this API made it beside the bucket.
 * Nested manifests of others count as parts of their own.
 */
function manifestIn({ bucket }: ObjectRef, name: string): ObjectRef | undefined {
  const container = `/${segmentsOf(bucket)}/`;
  const path = toBytes(name);
  if (!path.startsWith(container) || !isManifestOfParts(path)) return undefined;
  return { bucket: segmentsOf(bucket), key: path.slice(container.length) };
}

function isMadeOfParts(headers: Headers): boolean {
  return isTrueValue(headers.get(X_STATIC_LARGE_OBJECT));
}

function sizeOf({ bytes, range, data }: z.infer<typeof Manifest>[number]): number {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (first !== undefined && last !== undefined) return Number(last) - Number(first) + 1;
  return data === undefined ? (bytes ?? 0) : Buffer.from(data, 'base64').length;
}

function noSuchPartError(number: number): BucketError {
  return new BucketError('invalid-range', 'The requested partnumber is not satisfiable', {
    fields: { PartNumberRequested: String(number) },
  });
}
