import { copiesSuite } from '../../conformance/copies';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';

describeWithSwift('copies and bodies over a Swift', ({ plain }) => {
  const proxy = suiteProxy(plain);
  copiesSuite(() => proxy.login('tester'));
});
