import { Target } from '../../../conformance/routes/target';
import {
  walkCapabilities,
  walkMethods,
  walkOffers,
  walkQueries,
  WRITING,
} from '../../../conformance/routes/walk';
import { suiteEmbedded } from '../../../support/servers/embedded';

const server = suiteEmbedded();

describe.each(['history', 'with ids'] as const)(
  'whatever writes to a container is versioned or refused (%s)',
  (kind) => {
    const target = async () => Target.create(await server.login('test:tester', 'testing'), kind);

    test('by everything that /info lists', async () => {
      const { body } = await server.anonymous().send('GET', '/info');
      const keys = Object.keys(JSON.parse(body.toString()) as object);
      expect(keys).toContain('object_versioning');
      const more = ['dlo', 's3api', 'domain_remap', 'container_sync'];
      expect(await walkCapabilities(await target(), [...keys, ...more])).toEqual([]);
    });

    test.each(WRITING)('by %s with every query and header', async (method) => {
      expect(await walkQueries(await target(), method)).toEqual([]);
    });

    test('by every method', async () => {
      const walked = await target();
      expect([...(await walkOffers(walked)), ...(await walkMethods(walked))]).toEqual([]);
    });
  },
);
