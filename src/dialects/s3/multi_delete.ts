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
  const document = await readXml(body, MAX_BYTES, 'Delete');
  const isQuiet = child(document, 'Quiet')?.text.trim().toLowerCase() === 'true';
  const targets = childrenOf(document, 'Object').map((element) => ({
    key: child(element, 'Key')?.text ?? '',
    // minio sends an empty one for the current version
    versionId: child(element, 'VersionId')?.text || undefined,
    etag: child(element, 'ETag')?.text || undefined,
    unknown: ['LastModifiedTime', 'Size'].find((name) => child(element, name)),
  }));
  if (targets.length === 0 || targets.length > MAX_KEYS) throw malformed();
  if (targets.some(({ key }) => key === ''))
    throw new S3Refusal(400, 'UserKeyMustBeSpecified', 'The user key must be specified.');
  await headBucket(call.caller, bucketOf(call));
  const outcomes = await removeAll(call.caller, bucketOf(call), targets);
  const results = targets.map((target, i) => resultElement(call, target, outcomes[i], isQuiet));
  return xmlAnswer(call, 200, 'DeleteResult', results);
};

/** Requires a digest or a checksum; it was verified while the body was read. */
function checkDigest({ request: { headers }, payload }: Call): void {
  if (headers.has('content-md5') || payload.checksums.size > 0 || payload.trailing().size > 0)
    return;
  throw new BucketError('invalid-request', 'Missing required header for this request: Content-MD5');
}

function resultElement(
  { wireFormat }: Call,
  { key, versionId }: ToRemove,
  outcome: Outcome | undefined,
  isQuiet: boolean,
): string | undefined {
  const names = [
    xml('Key', key),
    versionId === undefined ? undefined : xml('VersionId', versionId),
  ];
  if (outcome instanceof BucketError)
    return xml('Error', [
      ...names,
      xml('Code', errorCode(outcome, wireFormat.errors)),
      xml('Message', outcome.message),
    ]);
  if (isQuiet || outcome === undefined) return undefined;
  const marker = outcome.isMarker
    ? [xml('DeleteMarker', true), xml('DeleteMarkerVersionId', outcome.versionId ?? 'null')]
    : [];
  return xml('Deleted', [...names, ...marker]);
}
