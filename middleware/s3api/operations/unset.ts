import { headObject } from '../../../src/buckets/objects';
import type { Operation, Route } from '../../../src/dialects/s3/call';
import { xml } from '../../../src/dialects/xml';
import { keyOf } from '../../../src/dialects/s3/arguments';
import { versionOf } from '../../../src/dialects/s3/conditions';
import {
  configuration,
  missing,
  nothingSet,
  notImplementedRoutes,
} from '../../../src/dialects/s3/configurations';
import { S3Refusal } from '../../../src/dialects/s3/refusal';
import { BY_VERSION } from '../../../src/dialects/s3/vocabulary';

/**
 * AWS's responses for a bucket configuration that was never set: the error's code and
 * message.
 */
const MISSING: Readonly<
  Record<string, readonly [operation: string, code: string, message: string]>
> = {
  policy: ['GetBucketPolicy', 'NoSuchBucketPolicy', 'The bucket policy does not exist'],
  policyStatus: ['GetBucketPolicyStatus', 'NoSuchBucketPolicy', 'The bucket policy does not exist'],
  lifecycle: [
    'GetBucketLifecycleConfiguration',
    'NoSuchLifecycleConfiguration',
    'The lifecycle configuration does not exist',
  ],
  tagging: ['GetBucketTagging', 'NoSuchTagSet', 'The TagSet does not exist'],
  website: [
    'GetBucketWebsite',
    'NoSuchWebsiteConfiguration',
    'The specified bucket does not have a website configuration',
  ],
  encryption: [
    'GetBucketEncryption',
    'ServerSideEncryptionConfigurationNotFoundError',
    'The server side encryption configuration was not found',
  ],
  'object-lock': [
    'GetObjectLockConfiguration',
    'ObjectLockConfigurationNotFoundError',
    'Object Lock configuration does not exist for this bucket',
  ],
  replication: [
    'GetBucketReplication',
    'ReplicationConfigurationNotFoundError',
    'The replication configuration was not found',
  ],
  publicAccessBlock: [
    'GetPublicAccessBlock',
    'NoSuchPublicAccessBlockConfiguration',
    'The public access block configuration was not found',
  ],
  ownershipControls: [
    'GetBucketOwnershipControls',
    'OwnershipControlsNotFoundError',
    'The bucket ownership controls were not found',
  ],
};

/** Configurations that are then empty instead: the document's root and its content. */
const EMPTY: Readonly<
  Record<string, readonly [operation: string, root: string, content: readonly string[]]>
> = {
  requestPayment: [
    'GetBucketRequestPayment',
    'RequestPaymentConfiguration',
    [xml('Payer', 'BucketOwner')],
  ],
  accelerate: ['GetBucketAccelerateConfiguration', 'AccelerateConfiguration', []],
  logging: ['GetBucketLogging', 'BucketLoggingStatus', []],
  notification: ['GetBucketNotificationConfiguration', 'NotificationConfiguration', []],
};

/** Further resources of buckets and objects in S3 that are not implemented here. */
const BUCKET_RESOURCES = [
  ...Object.keys(MISSING),
  ...Object.keys(EMPTY),
  ...[
    'acl',
    'analytics',
    'cors',
    'intelligent-tiering',
    'inventory',
    'metadataAnnotationTable',
    'metadataConfiguration',
    'metadataInventoryTable',
    'metadataJournalTable',
    'metadataTable',
  ],
  ...['metrics', 'session', 'abac', 'location', 'uploads', 'versioning', 'versions'],
];
const OBJECT_RESOURCES = [
  ...[
    'acl',
    'tagging',
    'legal-hold',
    'retention',
    'restore',
    'torrent',
    'select',
    'attributes',
    'uploads',
  ],
  ...['encryption', 'renameObject', 'append', 'annotation'],
];

const LOCK_MISSING = [
  'NoSuchObjectLockConfiguration',
  'The specified object does not have a ObjectLock configuration',
] as const;

const reportNoLock: Operation = async (call) => {
  await headObject(call.caller, { ...keyOf(call), versionId: versionOf(call) });
  throw new S3Refusal(404, ...LOCK_MISSING);
};

/**
 * Routes that read configurations that were never set; setting them is not implemented.
 */
export const unsetRoutes: readonly Route[] = [
  ...Object.entries(MISSING).map(([parameter, [name, code, message]]) =>
    configuration(name, parameter, missing(code, message)),
  ),
  ...Object.entries(EMPTY).map(([parameter, [name, root, content]]) =>
    configuration(name, parameter, nothingSet(root, content)),
  ),
  ...['legal-hold', 'retention'].map((parameter): Route => ({
    name: 'GetObjectLock',
    method: 'GET',
    on: 'object',
    parameters: [parameter],
    vocabulary: BY_VERSION,
    run: reportNoLock,
  })),
];

/** Parameters of `ListDirectoryBuckets`, which has no path of its own. */
const SERVICE_PARAMETERS = ['max-directory-buckets'];

/** Routes for what S3 has and we do not; they come after all others. */
export const notImplemented: readonly Route[] = [
  ...notImplementedRoutes('service', SERVICE_PARAMETERS),
  ...notImplementedRoutes('bucket', BUCKET_RESOURCES),
  ...notImplementedRoutes('object', OBJECT_RESOURCES),
];
