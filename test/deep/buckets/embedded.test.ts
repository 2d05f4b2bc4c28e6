import { openEmbedded } from '../../support/stores/bucket_store';
import { s3OperationsSuite } from './s3_operations';
import { uploadsSuite } from './uploads';

describe('operations of S3 over the embedded store', () => {
  s3OperationsSuite(openEmbedded);
});

describe('uploads in parts over the embedded store', () => {
  uploadsSuite(openEmbedded);
});
