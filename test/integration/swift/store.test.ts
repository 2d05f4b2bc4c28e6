import type { App } from '../../../src/plugin';
import { storeSuite } from '../../conformance/store';
import { describeWithSwift, login } from '../../support/swift';
import { upstreamFixture } from '../../support/upstream_store';

describeWithSwift('stores over Swift', ({ plain }) => {
  const opened: App[] = [];
  afterAll(() => Promise.all(opened.map((app) => app.close())));

  const service = { auth_url: `${plain}/auth/v1.0`, auth_user: 'admin:admin', auth_key: 'admin' };
  storeSuite('Swift, in the name of the service user', () => upstreamFixture(plain, service, opened));
  storeSuite("Swift, with the client's own token", () => upstreamFixture(plain, {}, opened));

  it('leave no tombstone where they check whether something may be removed', async () => {
    const fixture = await upstreamFixture(plain, {}, opened);
    const { store, account } = fixture;
    const at = { account, container: await fixture.createContainer(''), object: 'none' };
    await store.checkRemoval(at);
    // Swift answers 412 where it remembers that something was removed
    const client = await login(plain, 'tester');
    const again = () => client.ask('DELETE', `/${at.container}/${at.object}`, { 'X-If-Delete-At': '1' });
    expect((await again()).status).toBe(404);
    await store.remove(at);
    expect((await again()).status).toBe(412);
  });
});
