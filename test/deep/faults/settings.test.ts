import { mustBe } from '../../support/clients/containers';
import { suiteUpstream } from '../../support/servers/embedded_upstream';
import { suiteBench } from './bench';
import { FAULTS } from './injected';
import { look, prepare } from './scenes';
import { partOf } from '../../support/running/depth';

describe('a change of a setting that meets a fault', () => {
  const { bench } = suiteBench(suiteUpstream(), true, 600);

  /** The change's requests: one reads the current setting, one passes the change on. */
  const REQUESTS = [0, 1];

  const faults = FAULTS.filter(({ befalls }) => befalls === undefined);
  describe.each(partOf(faults, { oneOf: 3 }))('$name', ({ rule, harmless }) => {
    it.each(REQUESTS)(
      'at request %i is in force once it is answered so, and as it is shown',
      async (at) => {
        const { client, direct, faulty } = bench();
        const scene = await prepare(client, 'history', ['one', 'two']);
        const injection = faulty.inject(scene.id, rule(at));
        const answer = await client
          .ask('POST', `/${scene.container}`, { 'X-Remove-History-Location': 'x' })
          .catch(() => undefined)
          .finally(injection.end);
        if (harmless) expect(answer?.status).toBe(204);
        else expect([204, 500, 502, 503, 507, undefined]).toContain(answer?.status);

        const { headers } = await client.ask('HEAD', `/${scene.container}`);
        const isOn = headers.has('x-history-location');
        if (answer?.status === 204) expect(isOn).toBe(false);
        await mustBe(201, client.ask('PUT', scene.path, {}, 'three'));
        const archive = isOn ? ['one', 'two'] : ['one'];
        expect(await look(direct, scene)).toEqual({ current: 'three', archive });

        await mustBe(
          204,
          client.ask('POST', `/${scene.container}`, { 'X-Remove-History-Location': 'x' }),
        );
        await mustBe(201, client.ask('PUT', scene.path, {}, 'four'));
        expect(await look(direct, scene)).toEqual({ current: 'four', archive });
      },
    );
  });
});

describe('a write that met a fault while versions with ids are off', () => {
  const { bench } = suiteBench(suiteUpstream(), true, 600, 'allow_object_versioning = true');

  it('does not hold up a change of the setting', async () => {
    const { client, faulty } = bench();
    const container = `off-${Date.now()}`;
    const set = (enabled: string) =>
      client.ask('POST', `/${container}`, { 'X-Versions-Enabled': enabled });
    await mustBe(201, client.ask('PUT', `/${container}`, { 'X-Versions-Enabled': 'true' }));
    const failures: number[] = [];
    for (let at = 0; at < 4; at++) {
      await mustBe(204, set('false'));
      const injection = faulty.inject(container, (_, index) =>
        index === at ? (exchange) => exchange.answer({ status: 503 }) : undefined,
      );
      const { status } = await client
        .ask('PUT', `/${container}/o`, {}, 'body')
        .finally(injection.end);
      if (status >= 500) failures.push(at);
      await mustBe(204, set('true'));
    }
    // the object and its versions are read before the write itself
    expect(failures).toEqual(expect.arrayContaining([0, 1]));
  });
});
