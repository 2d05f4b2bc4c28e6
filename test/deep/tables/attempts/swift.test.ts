import { namesTable } from '../../../conformance/attempts/names';
import { signedReadsTable } from '../../../conformance/attempts/signed_reads';
import { attemptTable } from '../../../conformance/attempts/table';
import { writersTable } from '../../../conformance/attempts/writers';
import type { AttemptStore } from '../../../conformance/attempts/world';
import { suiteProxy } from '../../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../../support/servers/swift';
import { partOf } from '../../../support/running/depth';

describeWithSwift('who lacks the right', ({ plain, versioned }) => {
  const filter = `allow_object_versioning = true
[filter:s3api]
anonymous_account = AUTH_test
`;
  const withServiceUser = suiteProxy(plain, { filters: 's3api bulk formpost', filter });
  const withClientsToken = suiteProxy(plain, {
    filters: 's3api bulk formpost',
    filter,
    service: false,
  });
  const stores: readonly (readonly [AttemptStore['kind'], () => string])[] = [
    ['service user', () => withServiceUser.url],
    ["client's token", () => withClientsToken.url],
    ['swift', () => versioned],
  ];
  describe.each(partOf(stores, { oneOf: 3 }))('over a Swift, %s', (kind, url) => {
    const store = (): AttemptStore => ({ kind, login: (user) => login(url(), user) });
    attemptTable(store, kind);
    writersTable(store, kind);
    namesTable(store);
    const direct = kind === 'swift' ? {} : { direct: () => login(plain, 'tester') };
    signedReadsTable(() => ({ ...store(), ...direct }), kind);
  });
});
