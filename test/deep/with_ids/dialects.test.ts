import { dialectsTable } from '../../conformance/with_ids/dialects';
import { speaking } from '../../support/servers/dialect';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';
import { partOf, someOf } from '../../support/running/depth';

const options = { filter: 'allow_object_versioning = true', changed: speaking };

describeWithSwift('versions with ids for dialects, over a Swift', ({ plain }) => {
  describe.each(
    partOf(
      [
        ['with the service user', suiteProxy(plain, options)],
        ["with the client's token", suiteProxy(plain, { ...options, service: false })],
      ],
      { oneOf: 2 },
    ),
  )('%s', (_, proxy) => dialectsTable(() => ({ login: (user) => proxy.login(user) }), someOf(3)));
});
