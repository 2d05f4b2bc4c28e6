import { headBucket } from '../../buckets/bucket';
import { BucketError } from '../../buckets/errors';
import { checkVersionId } from '../../buckets/versions';
import { removeObject, type Removed } from '../../buckets/writes';
import type { ByteString } from '../../http/bytes';
import { someAtATime } from '../../some_at_a_time';
import { StoreError } from '../../stores/error';
import type { Operation, Route, Call } from '../call';
import { child, childrenOf, readXml, xml, xmlAnswer } from '../xml';
import { bodyOf, bucketOf, malformed } from './arguments';
import { S3Refusal } from './refusal';
import { errorCode } from './errors';

const MOST_BYTES = 2 * 1024 * 1024;
const MOST_KEYS = 1000;
/** So many are deleted at a time. */
const AT_ONCE = 8;

export const multiDeleteRoutes: readonly Route[] = [
  { name: 'DeleteObjects', method: 'POST', on: 'bucket', parameters: ['delete'], run: (call) => run(call) },
];

/** What is to be deleted. */
interface Named {
  readonly key: ByteString;
  readonly versionId: string | undefined;
  /** Which it must have; undefined: whichever it has. */
  readonly etag: string | undefined;
  /** A condition that is not known here. */
  readonly unknown: string | undefined;
}

type Outcome = Removed | BucketError;

const run: Operation = async (call) => {
  const body = await bodyOf(call, MOST_BYTES);
  if (body.length === 0) throw new S3Refusal(400, 'MissingRequestBodyError', 'Request Body is empty');
  checkDigest(call);
  const asked = await readXml(body, MOST_BYTES, 'Delete');
  const isQuiet = child(asked, 'Quiet')?.text.trim().toLowerCase() === 'true';
  const named = childrenOf(asked, 'Object').map((each) => ({
    key: child(each, 'Key')?.text ?? '',
    // minio sends an empty one where it means none
    versionId: child(each, 'VersionId')?.text || undefined,
    etag: child(each, 'ETag')?.text || undefined,
    unknown: ['LastModifiedTime', 'Size'].find((name) => child(each, name)),
  }));
  if (named.length === 0 || named.length > MOST_KEYS) throw malformed();
  if (named.some(({ key }) => key === ''))
    throw new S3Refusal(400, 'UserKeyMustBeSpecified', 'The user key must be specified.');
  await headBucket(call.caller, bucketOf(call));
  const outcomes = await removed(call, named);
  const told = named.map((each, i) => toldOf(call, each, outcomes[i], isQuiet));
  return xmlAnswer(call, 200, 'DeleteResult', told);
};

/** Something must tell that the request is whole: it was judged while the body was read. */
function checkDigest({ request: { headers }, payload }: Call): void {
  if (headers.has('content-md5') || payload.checksums.size > 0 || payload.trailing().size > 0) return;
  throw new BucketError('invalid-request', 'Missing required header for this request: Content-MD5');
}

/** Some at a time; those of one key one after the other, in the order of the request. */
async function removed(call: Call, named: readonly Named[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const byKey = new Map<ByteString, number[]>();
  named.forEach(({ key }, i) => byKey.set(key, [...(byKey.get(key) ?? []), i]));
  await someAtATime(AT_ONCE, byKey.values(), async (indexes) => {
    for (const i of indexes) {
      const each = named[i];
      if (each) outcomes[i] = await removedOf(call, each);
    }
  });
  return outcomes;
}

/** What fails for one object is told with it: others are deleted by then, or still will be. */
async function removedOf(call: Call, { key, versionId, etag, unknown }: Named): Promise<Outcome> {
  if (unknown !== undefined)
    return new BucketError('not-implemented', `The condition ${unknown} is not implemented.`);
  try {
    const version = versionId === undefined ? undefined : checkVersionId(versionId, 'VersionId');
    const ref = { bucket: bucketOf(call), key, versionId: version };
    return await removeObject(call.caller, ref, { ifMatch: etag });
  } catch (error) {
    if (error instanceof BucketError) return error;
    if (error instanceof StoreError) return new BucketError('unavailable', 'Please try again later.');
    throw error;
  }
}

function toldOf(
  { spelling }: Call,
  { key, versionId }: Named,
  outcome: Outcome | undefined,
  isQuiet: boolean,
): string | undefined {
  const own = [xml('Key', key), versionId === undefined ? undefined : xml('VersionId', versionId)];
  if (outcome instanceof BucketError)
    return xml('Error', [
      ...own,
      xml('Code', errorCode(outcome, spelling.errors)),
      xml('Message', outcome.message),
    ]);
  if (isQuiet || outcome === undefined) return undefined;
  const marker = outcome.isMarker
    ? [xml('DeleteMarker', true), xml('DeleteMarkerVersionId', outcome.versionId ?? 'null')]
    : [];
  return xml('Deleted', [...own, ...marker]);
}
