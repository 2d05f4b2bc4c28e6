import { headBucket } from '../../buckets/bucket';
import { BucketError } from '../../buckets/errors';
import type { Operation, Route, Call } from './call';
import { removeAll, type Outcome, type ToRemove } from '../removals';
import { child, childrenOf, readXml, xml, xmlAnswer } from '../xml';
import { bodyOf, bucketOf, malformed } from './arguments';
import { S3Refusal } from './refusal';
import { errorCode } from './errors';

const MAX_BYTES = 2 * 1024 * 1024;
const MAX_KEYS = 1000;

export const multiDeleteRoutes: readonly Route[] = [
  {
    name: 'DeleteObjects',
    method: 'POST',
    on: 'bucket',
    parameters: ['delete'],
    run: (call) => run(call),
  },
];

const run: Operation = async (call) => {
  const body = await bodyOf(call, MAX_BYTES);
  if (body.length === 0)
    throw new S3Refusal(400, 'MissingRequestBodyError', 'Request Body is empty');
  checkDigest(call);
  const asked = await readXml(body, MAX_BYTES, 'Delete');
  const isQuiet = child(asked, 'Quiet')?.text.trim().toLowerCase() === 'true';
  const named = childrenOf(asked, 'Object').map((each) => ({
    key: child(each, 'Key')?.text ?? '',
    // minio sends an empty one where it means none
    versionId: child(each, 'VersionId')?.text || undefined,
    etag: child(each, 'ETag')?.text || undefined,
    unknown: ['LastModifiedTime', 'Size'].find((name) => child(each, name)),
  }));
  if (named.length === 0 || named.length > MAX_KEYS) throw malformed();
  if (named.some(({ key }) => key === ''))
    throw new S3Refusal(400, 'UserKeyMustBeSpecified', 'The user key must be specified.');
  await headBucket(call.caller, bucketOf(call));
  const outcomes = await removeAll(call.caller, bucketOf(call), named);
  const told = named.map((each, i) => toldOf(call, each, outcomes[i], isQuiet));
  return xmlAnswer(call, 200, 'DeleteResult', told);
};

/** Something must tell that the request is whole: it was judged while the body was read. */
function checkDigest({ request: { headers }, payload }: Call): void {
  if (headers.has('content-md5') || payload.checksums.size > 0 || payload.trailing().size > 0)
    return;
  throw new BucketError('invalid-request', 'Missing required header for this request: Content-MD5');
}

function toldOf(
  { spelling }: Call,
  { key, versionId }: ToRemove,
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
