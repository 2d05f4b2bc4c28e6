import { z } from 'zod';
import { destroy } from '../../http/body';
import { toBytes, type ByteString } from '../../http/bytes';
import type { Headers } from '../../http/headers';
import { parseResponse, readResponse } from '../../swift_api/json_response';
import { ask, withPartsAccess, type Caller } from '../caller';
import { BucketError } from '../errors';
import { objectRefusal } from '../objects';
import type { ObjectRef } from '../versions';
import { isManifestOfParts, isUploadId, segmentsOf, uploadPrefixIn } from './upload_names';
import { listAttempts, type Part } from './upload_parts';
import { isStaticLargeObject } from '../../swift_api/stored_manifest';

const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
const Manifest = z.array(
  z.object({
    name: z.string().default(''),
    bytes: z.number().optional(),
    range: z.string().optional(),
    data: z.string().optional(),
  }),
);

/** A part that an object was made from. */
export interface ObjectPart {
  /** `/CONTAINER/OBJECT`; '' if the manifest itself has the bytes. */
  readonly path: ByteString;
  readonly bytes: number;
}

/** Whether an object is a static large object, by its headers. */
export function isMadeOfParts(headers: Headers): boolean {
  return isStaticLargeObject(headers);
}

/**
 * Returns the parts of an object in order; undefined if the object no longer has parts.
 *
 * @param ref with the id of the version, so that no other is read
 * @param about the object that the client requested
 * @throws BucketError the errors of reading
 */
export async function objectParts(
  caller: Caller,
  ref: ObjectRef,
  about = ref,
): Promise<ObjectPart[] | undefined> {
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
  const parts: ObjectPart[] = [];
  for (const segment of parseResponse(Manifest, body, 'a manifest')) {
    const inner = manifestIn(ref, segment.name);
    // several thousand parts are spread over several manifests
    if (inner === undefined) parts.push({ path: toBytes(segment.name), bytes: sizeOf(segment) });
    else parts.push(...((await objectParts(caller, inner, about)) ?? []));
  }
  return parts;
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

function sizeOf({ bytes, range, data }: z.infer<typeof Manifest>[number]): number {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (first !== undefined && last !== undefined) return Number(last) - Number(first) + 1;
  return data === undefined ? (bytes ?? 0) : Buffer.from(data, 'base64').length;
}

/**
 * Returns the checksums of parts by their paths: base64, with the algorithm's name. Empty
 * if the caller may not write the object, as only then it may list the parts.
 */
export async function partChecksums(
  caller: Caller,
  { bucket, key }: ObjectRef,
  parts: readonly ObjectPart[],
): Promise<ReadonlyMap<ByteString, readonly [algorithm: string, sum: string]>> {
  const container = `/${segmentsOf(bucket)}/`;
  const uploadsIds = parts.map(({ path }) => {
    const prefix = path.startsWith(container) && uploadPrefixIn(path.slice(container.length));
    return prefix && prefix.startsWith(`${key}/`) ? prefix.slice(key.length + 1, -1) : '';
  });
  const attempts: Part[] = [];
  for (const id of new Set(uploadsIds.filter(isUploadId)))
    attempts.push(...(await attemptsOf(caller, { bucket, key, id })));
  return new Map(
    attempts.flatMap(({ name, sum }) =>
      sum ? [[container + name, [sum.algorithm, sum.sum.toString('base64')]] as const] : [],
    ),
  );
}

async function attemptsOf(
  caller: Caller,
  upload: { readonly bucket: ByteString; readonly key: ByteString; readonly id: string },
): Promise<Part[]> {
  try {
    return await listAttempts(caller, upload);
  } catch (error) {
    if (error instanceof BucketError && error.code === 'access-denied') return [];
    throw error;
  }
}
