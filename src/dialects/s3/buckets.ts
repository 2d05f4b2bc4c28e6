import { cannedAcl } from '../../buckets/acl';
import { createBucket, headBucket, setVersioning } from '../../buckets/bucket';
import { deleteBucket } from '../../buckets/bucket_removal';
import { Headers } from '../../http/headers';
import { NO_BODY, type Response } from '../../swift_api/message';
import type { Operation, Route, Call } from './call';
import { child, document, readXml, xml, xmlAnswer } from '../xml';
import { bodyOf, bucketOf, documentOf, malformed, X_AMZ_ACL } from './arguments';
import { aclInHeaders } from './requested_acl';
import { notImplemented, S3Refusal } from './refusal';
import { ACL, BODY } from './vocabulary';

const bucket = { on: 'bucket' } as const;

export const bucketRoutes: readonly Route[] = [
  {
    ...bucket,
    name: 'GetBucketLocation',
    method: 'GET',
    parameters: ['location'],
    run: (call) => getLocation(call),
  },
  {
    ...bucket,
    name: 'GetBucketVersioning',
    method: 'GET',
    parameters: ['versioning'],
    run: (call) => getVersioning(call),
  },
  {
    ...bucket,
    name: 'PutBucketVersioning',
    method: 'PUT',
    parameters: ['versioning'],
    vocabulary: { headers: BODY },
    run: (call) => putVersioning(call),
  },
];

/** To be placed after the routes with parameters. */
export const plainBucketRoutes: readonly Route[] = [
  { ...bucket, name: 'HeadBucket', method: 'HEAD', run: (call) => head(call) },
  {
    ...bucket,
    name: 'CreateBucket',
    method: 'PUT',
    vocabulary: { headers: [...ACL, ...BODY, 'x-amz-bucket-object-lock-enabled'] },
    run: (call) => create(call),
  },
  { ...bucket, name: 'DeleteBucket', method: 'DELETE', run: (call) => remove(call) },
];

const head: Operation = async (call) => {
  await headBucket(call.caller, bucketOf(call));
  return emptyResponse(200, {
    'x-amz-bucket-region': call.location,
    'Content-Type': 'application/xml',
  });
};

const create: Operation = async (call) => {
  const name = bucketOf(call);
  await checkLocation(call);
  const { headers } = call.request;
  if (/^true$/i.test(headers.get('x-amz-bucket-object-lock-enabled') ?? ''))
    throw notImplemented('Object Lock is not implemented.');
  const acl = aclInHeaders(call);
  await createBucket(call.caller, name, {
    headers: acl === undefined ? Headers.none : cannedAcl(acl, X_AMZ_ACL),
    hasCapitals: call.wireFormat.hasCapitals,
    mayExist: call.wireFormat.recreatesIn === call.location,
  });
  return emptyResponse(200, { Location: `/${name}` });
};

/** There is one region; the region of the signature is taken for it, too. */
async function checkLocation(call: Call): Promise<void> {
  const body = await bodyOf(call);
  if (body.length === 0) return;
  const configuration = await readXml(body, body.length, 'CreateBucketConfiguration');
  const other = configuration.children.find(({ name }) => name !== 'LocationConstraint');
  if (other) throw notImplemented(`${other.name} of a new bucket is not implemented.`);
  const location = child(configuration, 'LocationConstraint')?.text ?? '';
  if (['', call.location.toLowerCase(), call.region.toLowerCase()].includes(location.toLowerCase()))
    return;
  throw new S3Refusal(
    400,
    'InvalidLocationConstraint',
    'The specified location-constraint is not valid',
    {
      LocationConstraint: location,
    },
  );
}

const remove: Operation = async (call) => {
  await deleteBucket(call.caller, bucketOf(call));
  return { status: 204, headers: Headers.none, body: NO_BODY };
};

const getLocation: Operation = async (call) => {
  await headBucket(call.caller, bucketOf(call));
  const region = call.location === 'us-east-1' ? '' : call.location;
  return document(200, xml('LocationConstraint', region, NAMESPACE));
};

const NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

const STATUSES = { never: undefined, enabled: 'Enabled', suspended: 'Suspended' } as const;

const getVersioning: Operation = async (call) => {
  const { versioning } = await headBucket(call.caller, bucketOf(call));
  const status = STATUSES[versioning];
  return xmlAnswer(call, 200, 'VersioningConfiguration', [status && xml('Status', status)]);
};

const putVersioning: Operation = async (call) => {
  const configuration = await documentOf(call, 'VersioningConfiguration');
  const status = child(configuration, 'Status')?.text;
  if (child(configuration, 'MfaDelete')?.text === 'Enabled')
    throw notImplemented('MFA Delete is not implemented.');
  if (status !== 'Enabled' && status !== 'Suspended') throw malformed();
  await setVersioning(call.caller, bucketOf(call), status === 'Enabled' ? 'enabled' : 'suspended');
  return emptyResponse(200);
};

/** Returns a response without a body. */
export function emptyResponse(
  status: number,
  headers: Readonly<Record<string, string | undefined>> = {},
): Response {
  return { status, headers: Headers.of({ ...headers, 'Content-Length': '0' }), body: NO_BODY };
}
