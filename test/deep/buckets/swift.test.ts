import { openSwift } from '../../support/stores/bucket_store';
import { partOf, someOf } from '../../support/running/depth';
import { describeWithSwift } from '../../support/servers/swift';
import { s3OperationsSuite } from './s3_operations';
import { uploadsSuite } from './uploads';

const SUITES = [
  ['uploads in parts', uploadsSuite],
  ['operations of S3', s3OperationsSuite],
] as const;

describeWithSwift('over a Swift', ({ plain }) => {
  describe.each(partOf(SUITES, { oneOf: 2 }))('%s', (_, suite) =>
    suite(() => openSwift(plain), someOf(3)),
  );
});
