import { objectsTable } from '../../conformance/with_ids/objects';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { partOf, someOf } from '../../support/running/depth';

const filter = 'allow_object_versioning = true';

describeWithSwift('objects with ids, over a Swift', ({ plain }) => {
  describe.each(
    partOf(
      [
        ['with the service user', suiteProxy(plain, { filter }), false],
        ["with the client's token", suiteProxy(plain, { filter, service: false }), true],
      ],
      { oneOf: 2 },
    ),
  )('%s', (_, proxy, writersRead) =>
    objectsTable(
      () => ({
        login: (user) => proxy.login(user),
        writersRead,
        direct: () => login(plain, 'tester'),
      }),
      someOf(3),
    ),
  );
});
