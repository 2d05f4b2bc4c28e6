import type { Route } from '../../../src/dialects/s3/call';
import {
  configuration,
  missing,
  notImplementedRoutes,
  nothingSet,
} from '../../../src/dialects/s3/configurations';

/**
 * COS's responses for a bucket configuration that was never set: the error's code and
 * message.
 */
const MISSING: Readonly<
  Record<string, readonly [operation: string, code: string, message: string]>
> = {
  policy: ['GetBucketPolicy', 'NoSuchBucketPolicy', 'The bucket policy does not exist.'],
  lifecycle: [
    'GetBucketLifecycleConfiguration',
    'NoSuchLifecycleConfiguration',
    'The lifecycle configuration does not exist.',
  ],
  tagging: ['GetBucketTagging', 'NoSuchTagSet', 'The TagSet does not exist.'],
  website: [
    'GetBucketWebsite',
    'NoSuchWebsiteConfiguration',
    'The bucket does not have a website configuration.',
  ],
  encryption: [
    'GetBucketEncryption',
    'NoSuchEncryptionConfiguration',
    'The bucket does not have an encryption configuration.',
  ],
  replication: [
    'GetBucketReplication',
    'ReplicationConfigurationnotFoundError',
    'The replication configuration was not found.',
  ],
};

/** Configurations that are then empty instead: the document's root. */
const EMPTY: Readonly<Record<string, readonly [operation: string, root: string]>> = {
  accelerate: ['GetBucketAccelerateConfiguration', 'AccelerateConfiguration'],
  logging: ['GetBucketLogging', 'BucketLoggingStatus'],
  referer: ['GetBucketReferer', 'RefererConfiguration'],
};

/** Further resources of buckets and objects in COS that are not implemented here. */
const BUCKET_RESOURCES = [
  ...Object.keys(MISSING),
  ...Object.keys(EMPTY),
  ...[
    'acl',
    'cors',
    'domain',
    'domaincertificate',
    'inventory',
    'intelligenttiering',
    'location',
    'object-lock',
  ],
  ...['origin', 'uploads', 'versioning', 'versions'],
];
const OBJECT_RESOURCES = [
  ...[
    'acl',
    'append',
    'ci-process',
    'metadata',
    'object-lock',
    'rename',
    'restore',
    'retention',
    'select',
  ],
  ...['symlink', 'tagging', 'truncate', 'uploads', 'sync'],
];

/**
 * Routes that read configurations that were never set; setting them is not implemented.
 */
export const unsetRoutes: readonly Route[] = [
  ...Object.entries(MISSING).map(([parameter, [name, code, message]]) =>
    configuration(name, parameter, missing(code, message)),
  ),
  ...Object.entries(EMPTY).map(([parameter, [name, root]]) =>
    configuration(name, parameter, nothingSet(root, [])),
  ),
];

export const notImplemented: readonly Route[] = [
  ...notImplementedRoutes('bucket', BUCKET_RESOURCES),
  ...notImplementedRoutes('object', OBJECT_RESOURCES),
];
