import { OTHERS, partsGuardSuite } from '../../conformance/parts_guard';
import { openEmbedded, openSwift } from '../../support/stores/bucket_store';
import { describeInDepth, partOf } from '../../support/running/depth';
import { describeWithSwift } from '../../support/servers/swift';

describe('parts of uploads in the embedded store', () => {
  partsGuardSuite(openEmbedded, { others: partOf(OTHERS, { oneOf: 6 }) });
});

describeWithSwift('parts of uploads in a Swift', ({ plain }) => {
  describe('with a service user', () => {
    const others = partOf(OTHERS, { oneOf: 12 });
    partsGuardSuite(() => openSwift(plain, { filters: 'bulk' }), { others });
  });

  describeInDepth('without a service user, and with the bulk of the Swift', () => {
    const others = partOf(OTHERS, { oneOf: 12, from: 1 });
    partsGuardSuite(() => openSwift(plain, { service: false }), { others, isSuspended: true });
  });
});
