import { operationsTable } from '../../test/support/clients/dialects/operations';
import { pageOf } from './markdown';

const INTRODUCTION = `This page shows the operations of S3, Tencent COS, QingStor and Swift that do the same, by
the names in the vendors' documents. It is for users who know one of these APIs and need
another.

All four APIs are served on one port. Hindsight recognizes three of them by how a request
is signed; all other requests are Swift's. A bucket is the same in all APIs: the bytes,
types and metadata of its objects, its versions with their ids and delete markers, and
whether it keeps versions. Versions that were switched on with COS are \`Enabled\` for S3,
\`ENABLED\` for QingStor, and \`X-Versions-Enabled: true\` for Swift.`;

const NOTES = `An empty cell means that the API, or Hindsight, has no such operation. What else each API
offers, and how it differs from the vendor's, is in [s3.md](s3.md), [cos.md](cos.md),
[qingstor.md](qingstor.md) and [swift.md](swift.md).`;

const DIFFERENCES = `- A GET of a delete marker by its id returns 405 in S3 and QingStor, and 404 in COS and
  Swift, as each of them documents.
- A null version that newer versions follow has the id \`null\` in S3, COS and QingStor. In
  Swift it has its time as an id.
- A container with \`X-Versions-Location\` or \`X-History-Location\` is a bucket without
  versions for S3, COS and QingStor. Listing its versions and switching on versions there
  are refused with 409, since names in an archive have another order than these listings.`;

/** Returns the page that compares the operations of the APIs. */
export function operationsPage(): string {
  return pageOf([
    '# Operations by API',
    INTRODUCTION,
    '## The operations',
    operationsTable(),
    NOTES,
    '## Where the APIs differ on one bucket',
    DIFFERENCES,
  ]);
}
