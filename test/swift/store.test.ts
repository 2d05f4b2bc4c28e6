import type { App } from '../../src/plugin';
import { storeSuite } from '../conformance/store';
import { describeWithSwift } from '../support/swift';
import { upstreamFixture } from '../support/upstream_store';

describeWithSwift('stores over Swift', ({ plain }) => {
  const opened: App[] = [];
  afterAll(() => Promise.all(opened.map((app) => app.close())));

  const service = { auth_url: `${plain}/auth/v1.0`, auth_user: 'admin:admin', auth_key: 'admin' };
  storeSuite('Swift, in the name of the service user', () => upstreamFixture(plain, service, opened));
  storeSuite("Swift, with the client's own token", () => upstreamFixture(plain, {}, opened));
});
