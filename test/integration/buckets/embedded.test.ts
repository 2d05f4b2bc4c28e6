import { openEmbedded } from '../../support/buckets/store';
import { listingsSuite } from './listings';
import { s3OperationsSuite } from './s3_operations';
import { uploadsSuite } from './uploads';

describe('listings of buckets over the embedded store', () => {
  listingsSuite(openEmbedded, 200);
});

describe('operations of S3 over the embedded store', () => {
  s3OperationsSuite(openEmbedded);
});

describe('uploads in parts over the embedded store', () => {
  uploadsSuite(openEmbedded);
});
