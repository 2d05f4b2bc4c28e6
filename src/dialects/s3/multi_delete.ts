import { headBucket } from '../../buckets/bucket';
import { BucketError } from '../../buckets/errors';
import type { Operation, Route, Call } from './call';
import { removeAll, type Outcome, type ToRemove } from '../removals';
import { sizeIn, timeIn } from '../conditions';
import { child, childrenOf, readXml, xml, xmlAnswer, type XmlElement } from '../xml';
import { bodyOf, bucketOf, malformed } from './arguments';
import { S3Refusal } from './refusal';
import { errorCode } from './errors';
import { BODY } from './vocabulary';

const MAX_BYTES = 2 * 1024 * 1024;
const MAX_KEYS = 1000;

export const multiDeleteRoutes: readonly Route[] = [
  {
    name: 'DeleteObjects',
    method: 'POST',
    on: 'bucket',
    parameters: ['delete'],
    vocabulary: { headers: BODY },
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
  const targets = childrenOf(document, 'Object').map(targetIn);
  if (targets.length === 0 || targets.length > MAX_KEYS) throw malformed();
  if (targets.some(({ key }) => key === ''))
    throw new S3Refusal(400, 'UserKeyMustBeSpecified', 'The user key must be specified.');
  await headBucket(call.caller, bucketOf(call));
  const outcomes = await removeAll(call.caller, bucketOf(call), targets);
  const results = targets.map((target, i) => resultElement(call, target, outcomes[i], isQuiet));
  return xmlAnswer(call, 200, 'DeleteResult', results);
};

/** The elements of an object. Any other may be a condition, so nothing is deleted. */
const ELEMENTS: ReadonlySet<string> = new Set([
  'Key',
  'VersionId',
  'ETag',
  'Size',
  'LastModifiedTime',
]);

/** @throws BucketError `malformed-body` */
function targetIn(element: XmlElement): ToRemove {
  if (element.children.some(({ name }) => !ELEMENTS.has(name))) throw malformed();
  return {
    key: child(element, 'Key')?.text ?? '',
    // minio sends an empty one for the current version
    versionId: child(element, 'VersionId')?.text || undefined,
    condition: {
      ifMatch: child(element, 'ETag')?.text,
      ifSize: conditionIn(child(element, 'Size'), sizeIn),
      ifModified: conditionIn(child(element, 'LastModifiedTime'), timeIn),
    },
  };
}

function conditionIn(
  element: XmlElement | undefined,
  parse: (text: string) => number | undefined,
): number | undefined {
  if (element === undefined) return undefined;
  const value = parse(element.text.trim());
  if (value === undefined) throw malformed();
  return value;
}

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
