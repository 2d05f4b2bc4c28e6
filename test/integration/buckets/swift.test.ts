import { openSwift } from '../../support/buckets/store';
import { describeWithSwift } from '../../support/swift';
import { s3OperationsSuite } from './s3_operations';
import { uploadsSuite } from './uploads';

describeWithSwift('operations of S3 over a Swift', ({ plain }) => {
  s3OperationsSuite(() => openSwift(plain));
});

describeWithSwift('uploads in parts over a Swift', ({ plain }) => {
  uploadsSuite(() => openSwift(plain));
});
