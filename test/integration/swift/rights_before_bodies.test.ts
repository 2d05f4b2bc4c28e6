import { rightsBeforeBodiesSuite } from '../../conformance/rights_before_bodies';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { mustBe, newContainer, put } from '../../support/clients/containers';
import { serviceUser, startExpressApp, type ExpressApp } from '../../support/servers/express_app';
import { RawConnection } from '../../support/clients/raw_connection';
import { describeWithSwift, login } from '../../support/servers/swift';

const IDS = 'allow_object_versioning = true';

describeWithSwift(
  'bodies of clients without a right, over a Swift with a service user',
  ({ plain }) => {
    const proxy = suiteProxy(plain, { filter: IDS, filters: 'bulk formpost' });
    rightsBeforeBodiesSuite(() => proxy.login('tester'));
  },
);

describeWithSwift(
  "bodies of clients without a right, over a Swift with the clients' tokens",
  ({ plain }) => {
    const proxy = suiteProxy(plain, { filter: IDS, filters: 'bulk', service: false });
    rightsBeforeBodiesSuite(() => proxy.login('tester'), { readsForms: false });
  },
);

describeWithSwift('bulk deletes and manifests that a Swift carries out', ({ plain }) => {
  const proxy = suiteProxy(plain, { filter: IDS });
  let app: ExpressApp | undefined;
  beforeAll(async () => {
    app = await startExpressApp(plain, { ...serviceUser(plain), allow_object_versioning: true });
  });
  afterAll(() => app?.close());

  it.each([
    ['a proxy', () => proxy.url, ['Expect: 100-continue']],
    // there Node's own server answers `Expect`
    ['an Express app', () => app?.url ?? '', []],
  ])(
    'are refused before a body is asked for, by %s, and are carried out for who may',
    async (_, url, expecting) => {
      const client = await login(url(), 'tester');
      const container = await newContainer(client);
      const paths = [
        ['POST', '?bulk-delete'],
        ['PUT', `/${container}/large?multipart-manifest=put`],
      ] as const;
      for (const [method, path] of paths) {
        const connection = await RawConnection.open(url());
        const lines = ['Content-Length: 1000000', 'Content-Type: text/plain', ...expecting];
        await connection.head(method, client.account + path, ...lines);
        expect([path, (await connection.answer()).status]).toEqual([path, 401]);
        await connection.leave();
      }
      await put(client, container, 'o', 'x');
      const manifest = JSON.stringify([{ path: `/${container}/o` }]);
      await mustBe(
        201,
        client.ask('PUT', `/${container}/large?multipart-manifest=put`, {}, manifest),
      );
      const names = `${container}/large\n`;
      const { body } = await client.ask(
        'POST',
        '?bulk-delete',
        { 'Content-Type': 'text/plain' },
        names,
      );
      expect(body.toString()).toContain('Number Deleted: 1');
      const many = 'c/o\n'.repeat(10_001);
      const refused = await client.ask(
        'POST',
        '?bulk-delete',
        { 'Content-Type': 'text/plain' },
        many,
      );
      expect(refused.body.toString()).toContain('Response Status: 413');
    },
  );
});
