import { containersTable } from '../../conformance/with_ids/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';
import { partOf, someOf } from '../../support/running/depth';

const filter = 'allow_object_versioning = true';

describeWithSwift('containers with ids, over a Swift', ({ plain }) => {
  describe.each(
    partOf(
      [
        ['with the service user', suiteProxy(plain, { filter }), false],
        ["with the client's token", suiteProxy(plain, { filter, service: false }), true],
      ],
      { oneOf: 2 },
    ),
  )('%s', (_, proxy, writersRead) =>
    // the lab has no account updater
    containersTable(
      () => ({ login: (user) => proxy.login(user), writersRead, accountsLag: true }),
      someOf(3),
    ),
  );
});
