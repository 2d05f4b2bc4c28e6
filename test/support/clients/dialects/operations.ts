import { routes as cosRoutes } from '../../../../middleware/cosapi/operations';
import {
  notImplemented,
  unsetRoutes as cosUnset,
} from '../../../../middleware/cosapi/operations/unset';
import { routes as qsRoutes } from '../../../../middleware/qsapi/operations';
import { routes as s3Routes } from '../../../../middleware/s3api/operations';
import {
  notImplemented as s3NotImplemented,
  unsetRoutes as s3Unset,
} from '../../../../middleware/s3api/operations/unset';

/**
 * An operation by the names of its routes in each API; for Swift, the form of the
 * request. Empty if the API or Hindsight has none.
 */
type Row = readonly [what: string, s3: string, cos: string, qs: string, swift: string];

/** QingStor's operations are S3's under other names, COS's under the same. */
const ROWS: readonly Row[] = [
  ['list buckets', 'ListBuckets', 'ListBuckets', 'GET Service', 'GET account'],
  ['create a bucket', 'CreateBucket', 'CreateBucket', 'PUT Bucket', 'PUT container'],
  ['look at a bucket', 'HeadBucket', 'HeadBucket', 'HEAD Bucket', 'HEAD container'],
  ['delete a bucket', 'DeleteBucket', 'DeleteBucket', 'DELETE Bucket', 'DELETE container'],
  ['its region', 'GetBucketLocation', 'GetBucketLocation', '', ''],
  [
    'switch versions on and off',
    'PutBucketVersioning',
    'PutBucketVersioning',
    'PUT Bucket Version',
    'POST container, X-Versions-Enabled',
  ],
  [
    'whether they are on',
    'GetBucketVersioning',
    'GetBucketVersioning',
    'GET Bucket Version',
    'HEAD container',
  ],
  ['list objects', 'ListObjects', 'ListObjects', 'GET Bucket', 'GET container'],
  ['list objects, by tokens', 'ListObjectsV2', '', '', ''],
  [
    'list versions',
    'ListObjectVersions',
    'ListObjectVersions',
    'List Object Versions',
    'GET container?versions',
  ],
  ['who may read a bucket', 'GetBucketAcl', 'GetBucketAcl', 'GET Bucket ACL', 'HEAD container'],
  [
    'let others read it',
    'PutBucketAcl',
    'PutBucketAcl',
    'PUT Bucket ACL',
    'POST container, X-Container-Read',
  ],
  ['write an object', 'PutObject', 'PutObject', 'PUT Object', 'PUT object'],
  ['read it, or a version', 'GetObject', 'GetObject', 'GET Object', 'GET object[?version-id]'],
  [
    'look at it, or at a version',
    'HeadObject',
    'HeadObject',
    'HEAD Object',
    'HEAD object[?version-id]',
  ],
  ['what it is made of', 'GetObjectAttributes', '', '', 'GET object?multipart-manifest=get'],
  [
    'delete it, or a version',
    'DeleteObject',
    'DeleteObject',
    'DELETE Object',
    'DELETE object[?version-id]',
  ],
  [
    'delete many',
    'DeleteObjects',
    'DeleteObjects',
    'Delete Multiple Objects',
    'POST account?bulk-delete',
  ],
  [
    'copy it, or a version',
    'CopyObject',
    'CopyObject',
    'PUT Object - Copy',
    'COPY object[?version-id]',
  ],
  ['move it', '', '', 'PUT Object - Move', ''],
  ['tags: read', 'GetObjectTagging', 'GetObjectTagging', '', ''],
  ['tags: write', 'PutObjectTagging', 'PutObjectTagging', '', ''],
  ['tags: remove', 'DeleteObjectTagging', 'DeleteObjectTagging', '', ''],
  ['who may read an object', 'GetObjectAcl', 'GetObjectAcl', '', ''],
  ['canned ACL of an object', 'PutObjectAcl', 'PutObjectAcl', '', ''],
  [
    'begin an upload in parts',
    'CreateMultipartUpload',
    'CreateMultipartUpload',
    'Initiate Multipart Upload',
    '',
  ],
  ['upload a part', 'UploadPart', 'UploadPart', 'Upload Object Part', 'PUT segment'],
  ['copy to a part', 'UploadPartCopy', 'UploadPartCopy', 'Copy Object Part', 'COPY object'],
  ['list parts', 'ListParts', 'ListParts', 'List Multipart', 'GET container'],
  [
    'complete it',
    'CompleteMultipartUpload',
    'CompleteMultipartUpload',
    'Complete Multipart Upload',
    'PUT object?multipart-manifest=put',
  ],
  [
    'abort it',
    'AbortMultipartUpload',
    'AbortMultipartUpload',
    'Abort Multipart Upload',
    'DELETE segments',
  ],
  ['list uploads', 'ListMultipartUploads', 'ListMultipartUploads', 'List Multipart Uploads', ''],
];

const TITLES: Row = ['', 'S3', 'COS', 'QingStor', 'Swift'];

interface Named {
  readonly name: string;
}

/**
 * Names of routes that do something. Routes that only answer that nothing is set, or that
 * an operation does not exist, do not count.
 */
function namesOf(routes: readonly Named[], others: readonly Named[]): Set<string> {
  const names = routes.map(({ name }) => name).filter((name) => name !== 'NotImplemented');
  return new Set(names.filter((name) => !others.some((each) => each.name === name)));
}

/** The operations of each API that the filters have, and those in the table. */
export const TOLD_AND_THERE = [
  { api: 'S3', there: namesOf(s3Routes, [...s3Unset, ...s3NotImplemented]), told: column(1) },
  { api: 'COS', there: namesOf(cosRoutes, [...cosUnset, ...notImplemented]), told: column(2) },
  { api: 'QingStor', there: namesOf(qsRoutes, []), told: column(3) },
];

function column(at: 1 | 2 | 3): Set<string> {
  return new Set(ROWS.map((row) => row[at]).filter((name) => name !== ''));
}

/** The table, as in the README. */
export function operationsTable(): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [TITLES, TITLES.map(() => '---'), ...ROWS].map(line).join('\n');
}
