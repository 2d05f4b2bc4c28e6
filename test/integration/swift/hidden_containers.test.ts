import { hiddenTable } from '../../conformance/with_ids/hidden';
import { partOf } from '../../support/running/depth';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';

const filter = 'allow_object_versioning = true';

describeWithSwift('what holds versions in a Swift', ({ plain }) => {
  describe.each(
    partOf(
      [
        ['the service user', suiteProxy(plain, { filter })],
        ["the client's token", suiteProxy(plain, { filter, service: false })],
      ],
      { oneOf: 2 },
    ),
  )('with %s', (_, proxy) =>
    hiddenTable(() => ({
      login: () => proxy.login('tester'),
      direct: () => login(plain, 'tester'),
    })),
  );
});
