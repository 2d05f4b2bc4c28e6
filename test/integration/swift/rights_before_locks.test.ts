import { rightsBeforeLocksSuite } from '../../conformance/rights_before_locks';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';

const IDS = 'allow_object_versioning = true';

describeWithSwift('refusals over a Swift, with a service user', ({ plain }) => {
  const proxy = suiteProxy(plain, { filter: IDS });
  rightsBeforeLocksSuite(() => proxy.login('tester'));
});

describeWithSwift("refusals over a Swift, with the clients' tokens", ({ plain }) => {
  const proxy = suiteProxy(plain, { filter: IDS, service: false });
  rightsBeforeLocksSuite(() => proxy.login('tester'));
});
