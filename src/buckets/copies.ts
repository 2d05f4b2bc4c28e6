import { quote, type ByteString } from '../http/bytes';
import { drain } from '../http/body';
import { Headers } from '../http/headers';
import { NO_BODY, type Response } from '../swift_api/message';
import { isReserved } from '../swift_api/reserved';
import { headBucket } from './bucket';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { shownType } from './etag';
import { checksumHeaders, checksumsIn, keptBesideChecksums, standardHeaders } from './metadata';
import { headObject, type ObjectInfo } from './objects';
import { withParts } from './uploads/parts';
import { failed, judged, judgedAgain, type Conditions, type WriteCondition } from './preconditions';
import { refusalOf, done } from './store_answers';
import type { ObjectRef } from './versions';
import { checkCondition, checkKey, writtenBy, type Written } from './writes';

/** What a copy has that is not its source's. */
export interface CopyOptions {
  /** Conditions on the source. */
  readonly conditions?: Conditions;
  /** Type, standard headers and metadata, instead of all of the source's. */
  readonly fresh?: Headers | undefined;
  /** What keeps tags, instead of what the source has of that. */
  readonly tags?: Headers | undefined;
  /** A condition on what the copy replaces. */
  readonly condition?: WriteCondition;
}

/** A copy that was made. */
export interface Copied extends Written {
  /** Undefined in a bucket that never had versions. */
  readonly sourceVersionId: string | undefined;
  readonly checksums: ReadonlyMap<string, string>;
}

/**
 * Makes a copy: of the content, in one piece, whatever the source is made of. A condition on what it replaces is judged before; where the bucket keeps
 * versions, or once did, again when nothing can come between. Elsewhere of several writes at once more than one may find it to hold: Swift takes an
 * If-None-Match of a copy for one on its source (`copy.py`, `_get_source_object`), so that the store cannot judge it as that of a PUT.
 *
 * @throws BucketError `precondition-failed`, `invalid-request` for a delete marker, a copy that changes nothing and one that is too large, and
 *   what reading and writing throw
 */
export async function copyObject(
  caller: Caller,
  source: ObjectRef,
  target: ObjectRef,
  options: CopyOptions,
): Promise<Copied> {
  checkKey(target.key);
  const info = await sourceOf(caller, source, options.conditions);
  if (changesNothing(source, target, options)) throw new BucketError('invalid-request', NO_CHANGE);
  await checkCondition(caller, target, options.condition);
  const checksums = wholeChecksums(info.headers);
  const headers = copyHeaders(info, checksums, options);
  const response = await withParts(caller, target, () =>
    ask(caller, {
      method: 'PUT',
      container: target.bucket,
      object: target.key,
      query: { 'version-id': info.versionId },
      headers: headers.with('X-Copy-From', quote(`${source.bucket}/${source.key}`)),
      dialect: {
        ...judgedAgain(options.condition),
        hasSeenSource: !info.headers.has('x-object-manifest'),
      },
    }),
  );
  if (response.status === 413) {
    const { code } = await refusalOf(caller, response, target);
    throw new BucketError(code === 'quota-exceeded' ? code : 'invalid-request', TOO_LARGE);
  }
  if (response.status === 404) throw await refusalOfMissing(caller, response, source, target);
  const written = writtenBy(await done(caller, response, { bucket: target.bucket }));
  return { ...written, sourceVersionId: info.versionId, checksums };
}

/** What is not there any more: the bucket of the copy, or its source. */
async function refusalOfMissing(
  caller: Caller,
  response: Response,
  source: ObjectRef,
  target: ObjectRef,
): Promise<BucketError> {
  await drain(response.body);
  await headBucket(caller, target.bucket);
  return refusalOf(caller, { ...response, body: NO_BODY }, source);
}

const NO_CHANGE =
  "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
const TOO_LARGE =
  'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120';
const OF_MARKER =
  'The source of a copy request may not specifically refer to a delete marker by version id.';

/** What reading the source of a copy failed with, as the copy fails with it: a delete marker is no more than an invalid source. */
export function refusalOfSource(error: unknown): unknown {
  const isMarker = error instanceof BucketError && error.code === 'is-delete-marker';
  return isMarker ? new BucketError('invalid-request', OF_MARKER) : error;
}

async function sourceOf(
  caller: Caller,
  source: ObjectRef,
  conditions: Conditions = {},
): Promise<ObjectInfo> {
  const info = await headObject(caller, source).catch((error: unknown) => {
    throw refusalOfSource(error);
  });
  if (judged(conditions, info) !== 'hold') throw failed('x-copy-source');
  return info;
}

function changesNothing(
  source: ObjectRef,
  target: ObjectRef,
  { fresh, tags }: CopyOptions,
): boolean {
  const isItself = source.bucket === target.bucket && source.key === target.key;
  return isItself && source.versionId === undefined && fresh === undefined && tags === undefined;
}

/** Those of the whole content, which a copy has as well; not those that were made of the checksums of parts. */
function wholeChecksums(headers: Headers): ReadonlyMap<string, string> {
  return new Map([...checksumsIn(headers)].filter(([, value]) => !value.includes('-')));
}

/** Where nothing is to be different the store copies all there is by itself. */
function copyHeaders(
  { headers }: ObjectInfo,
  checksums: ReadonlyMap<string, string>,
  { fresh, tags }: CopyOptions,
): Headers {
  const type = headers.get('content-type') ?? '';
  const isAsItIs = checksums.size === checksumsIn(headers).size && shownType(type) === type;
  if (fresh === undefined && tags === undefined && isAsItIs) return Headers.none;
  return Headers.of({ 'X-Fresh-Metadata': 'true' })
    .withAll(fresh ?? described(headers, shownType(type)))
    .withAll(checksumHeaders(checksums))
    .withAll(tags ?? keptBesideChecksums(headers));
}

function described(headers: Headers, type: ByteString): Headers {
  return standardHeaders(headers)
    .withAll(headers.filter((key) => key.startsWith('x-object-meta-') && !isReserved(key)))
    .with('Content-Type', type);
}
