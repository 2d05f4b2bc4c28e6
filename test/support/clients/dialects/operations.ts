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
  ['check that a bucket exists', 'HeadBucket', 'HeadBucket', 'HEAD Bucket', 'HEAD container'],
  ['delete a bucket', 'DeleteBucket', 'DeleteBucket', 'DELETE Bucket', 'DELETE container'],
  ['get the region of a bucket', 'GetBucketLocation', 'GetBucketLocation', '', ''],
  [
    'switch versions on and off',
    'PutBucketVersioning',
    'PutBucketVersioning',
    'PUT Bucket Version',
    'POST container, X-Versions-Enabled',
  ],
  [
    'get whether versions are on',
    'GetBucketVersioning',
    'GetBucketVersioning',
    'GET Bucket Version',
    'HEAD container',
  ],
  ['get the CORS rules', 'GetBucketCors', 'GetBucketCors', 'GET Bucket CORS', 'HEAD container'],
  [
    'set the CORS rules',
    'PutBucketCors',
    'PutBucketCors',
    'PUT Bucket CORS',
    'POST container, X-Container-Meta-Access-Control-Allow-Origin',
  ],
  [
    'remove the CORS rules',
    'DeleteBucketCors',
    'DeleteBucketCors',
    'DELETE Bucket CORS',
    'POST container, X-Remove-Container-Meta-Access-Control-Allow-Origin',
  ],
  ['list objects', 'ListObjects', 'ListObjects', 'GET Bucket', 'GET container'],
  ['list objects, with continuation tokens', 'ListObjectsV2', '', '', ''],
  [
    'list versions',
    'ListObjectVersions',
    'ListObjectVersions',
    'List Object Versions',
    'GET container?versions',
  ],
  ['get the ACL of a bucket', 'GetBucketAcl', 'GetBucketAcl', 'GET Bucket ACL', 'HEAD container'],
  [
    'set the ACL of a bucket',
    'PutBucketAcl',
    'PutBucketAcl',
    'PUT Bucket ACL',
    'POST container, X-Container-Read',
  ],
  ['write an object', 'PutObject', 'PutObject', 'PUT Object', 'PUT object'],
  [
    'read an object or a version',
    'GetObject',
    'GetObject',
    'GET Object',
    'GET object[?version-id]',
  ],
  [
    'get the headers of an object or a version',
    'HeadObject',
    'HeadObject',
    'HEAD Object',
    'HEAD object[?version-id]',
  ],
  [
    'get the parts of an object',
    'GetObjectAttributes',
    '',
    '',
    'GET object?multipart-manifest=get',
  ],
  [
    'delete an object or a version',
    'DeleteObject',
    'DeleteObject',
    'DELETE Object',
    'DELETE object[?version-id]',
  ],
  [
    'delete several objects',
    'DeleteObjects',
    'DeleteObjects',
    'Delete Multiple Objects',
    'POST account?bulk-delete',
  ],
  [
    'copy an object or a version',
    'CopyObject',
    'CopyObject',
    'PUT Object - Copy',
    'COPY object[?version-id]',
  ],
  ['move an object', '', '', 'PUT Object - Move', ''],
  ['get tags', 'GetObjectTagging', 'GetObjectTagging', '', ''],
  ['set tags', 'PutObjectTagging', 'PutObjectTagging', '', ''],
  ['remove tags', 'DeleteObjectTagging', 'DeleteObjectTagging', '', ''],
  ['get the ACL of an object', 'GetObjectAcl', 'GetObjectAcl', '', ''],
  ['set a canned ACL of an object', 'PutObjectAcl', 'PutObjectAcl', '', ''],
  [
    'begin a multipart upload',
    'CreateMultipartUpload',
    'CreateMultipartUpload',
    'Initiate Multipart Upload',
    '',
  ],
  ['upload a part', 'UploadPart', 'UploadPart', 'Upload Object Part', 'PUT segment'],
  [
    'copy an object to a part',
    'UploadPartCopy',
    'UploadPartCopy',
    'Copy Object Part',
    'COPY object',
  ],
  ['list parts', 'ListParts', 'ListParts', 'List Multipart', 'GET container'],
  [
    'complete a multipart upload',
    'CompleteMultipartUpload',
    'CompleteMultipartUpload',
    'Complete Multipart Upload',
    'PUT object?multipart-manifest=put',
  ],
  [
    'abort a multipart upload',
    'AbortMultipartUpload',
    'AbortMultipartUpload',
    'Abort Multipart Upload',
    'DELETE segments',
  ],
  [
    'list multipart uploads',
    'ListMultipartUploads',
    'ListMultipartUploads',
    'List Multipart Uploads',
    '',
  ],
];

const TITLES: Row = ['operation', 'S3', 'COS', 'QingStor', 'Swift'];

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

/** The table of docs/operations-by-api.md. */
export function operationsTable(): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [TITLES, TITLES.map(() => '---'), ...ROWS].map(line).join('\n');
}
