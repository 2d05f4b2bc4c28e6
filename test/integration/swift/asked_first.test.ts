import { askedFirstSuite } from '../../conformance/asked_first';
import { suiteProxy } from '../../support/suite';
import { describeWithSwift } from '../../support/swift';

const IDS = 'allow_object_versioning = true';

describeWithSwift('bodies of clients without a right, over a Swift with a service user', ({ plain }) => {
  const proxy = suiteProxy(plain, { filter: IDS, filters: 'bulk formpost' });
  askedFirstSuite(() => proxy.login('tester'));
});

describeWithSwift("bodies of clients without a right, over a Swift with the clients' tokens", ({ plain }) => {
  const proxy = suiteProxy(plain, { filter: IDS, filters: 'bulk', service: false });
  askedFirstSuite(() => proxy.login('tester'), { readsForms: false });
});
