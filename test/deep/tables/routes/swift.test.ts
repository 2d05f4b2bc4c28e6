import { CAPABILITIES } from '../../../conformance/routes/capabilities';
import { Target } from '../../../conformance/routes/target';
import {
  walkCapabilities,
  walkMethods,
  walkOffers,
  walkQueries,
  WRITING,
} from '../../../conformance/routes/walk';
import { suiteFullSwift } from '../../../support/servers/full_swift';
import { suiteProxy } from '../../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../../support/servers/swift';
import { partOf } from '../../../support/running/depth';

jest.setTimeout(180_000);

/** As in config/swift.conf; without these filters their requests are refused. */
const FILTERS = 'bulk formpost';
const WITH_IDS = 'allow_object_versioning = true';

describeWithSwift('whatever writes is versioned or refused', ({ plain }) => {
  const full = suiteFullSwift(plain);

  const service = suiteProxy(full, { filters: FILTERS, filter: WITH_IDS });
  const client = suiteProxy(full, { service: false, filter: WITH_IDS });

  describe.each(
    partOf(
      [
        ['with the service user', 'history', service],
        ["with the client's token", 'history', client],
        ['with the service user', 'with ids', service],
        ["with the client's token", 'with ids', client],
      ] as const,
      { oneOf: 4, from: 2 },
    ),
  )('%s, %s', (_, kind, proxy) => {
    const target = async () => Target.create(await proxy.login('tester'), kind);

    it('by everything that /info lists', async () => {
      const { body } = await (await login(full(), 'tester')).send('GET', '/info');
      const keys = Object.keys(JSON.parse(body.toString()) as object);
      expect(keys.length).toBeGreaterThan(10);
      const all = [...keys, 'dlo', 'versioned_writes', 'object_versioning'];
      expect(await walkCapabilities(await target(), partOf(all, { oneOf: 9 }))).toEqual([]);
    });

    it.each(WRITING)('by %s with every query and header', async (method) => {
      expect(await walkQueries(await target(), method)).toEqual([]);
    });

    it('by every method', async () => {
      const walked = await target();
      expect([...(await walkOffers(walked)), ...(await walkMethods(walked))]).toEqual([]);
    });
  });

  it('an unknown feature is reported with advice', async () => {
    const walked = await Target.create(await login(plain, 'tester'));
    expect(await walkCapabilities(walked, ['teleport'])).toEqual([
      expect.stringMatching(/^teleport is listed by \/info but unknown here: .*capabilities\.ts$/),
    ]);
    expect(Object.keys(CAPABILITIES)).not.toContain('teleport');
  });

  it('notices a way past: the store itself, which has no versions', async () => {
    const walked = await Target.create(await login(full(), 'tester'));
    const noticed = await walkCapabilities(walked, Object.keys(CAPABILITIES));
    const ways = [
      'swift',
      'slo',
      'bulk_delete',
      'bulk_upload',
      'tempurl',
      'formpost',
      's3api',
      'domain_remap',
      'container_sync',
    ];
    for (const way of ways)
      expect(noticed).toContainEqual(expect.stringMatching(new RegExp(`^${way}, `)));
  });
});
