import type { App } from '../../../src/plugin/plugin';
import { storeSuite } from '../../conformance/store';
import { partOf } from '../../support/running/depth';
import { describeWithSwift, login } from '../../support/servers/swift';
import { upstreamFixture } from '../../support/stores/upstream_store';

describeWithSwift('stores over Swift', ({ plain }) => {
  const opened: App[] = [];
  afterAll(() => Promise.all(opened.map((app) => app.close())));

  const service = { auth_url: `${plain}/auth/v1.0`, auth_user: 'admin:admin', auth_key: 'admin' };
  const names = [
    ['Swift, in the name of the service user', service],
    ["Swift, with the client's own token", {}],
  ] as const;
  for (const [name, options] of partOf(names, { oneOf: 2 }))
    storeSuite(name, () => upstreamFixture(plain, options, opened), {
      largeObjects: true,
      isSlow: true,
    });

  it('leave no tombstone when they check whether something may be removed', async () => {
    const fixture = await upstreamFixture(plain, {}, opened);
    const { store, account } = fixture;
    const at = { account, container: await fixture.createContainer(''), object: 'none' };
    await store.checkRemoval(at);
    // Swift answers 412 if it remembers a removal
    const client = await login(plain, 'tester');
    const again = () =>
      client.ask('DELETE', `/${at.container}/${at.object}`, { 'X-If-Delete-At': '1' });
    expect((await again()).status).toBe(404);
    await store.remove(at);
    expect((await again()).status).toBe(412);
  });
});
