import { copiesSuite } from '../../conformance/copies';
import { suiteProxy } from '../../support/suite';
import { describeWithSwift } from '../../support/swift';

describeWithSwift('copies and bodies over a Swift', ({ plain }) => {
  const proxy = suiteProxy(plain);
  copiesSuite(() => proxy.login('tester'));
});
