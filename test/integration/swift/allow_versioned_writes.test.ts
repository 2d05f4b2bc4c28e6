import type { Client } from '../../support/clients/client';
import {
  bodies,
  current,
  everything,
  MODE_HEADER,
  MODES,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
  type Mode,
} from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';

const OBJECT = 'object';

describeWithSwift('allow_versioned_writes', ({ plain }) => {
  const warnings: Record<string, unknown>[] = [];
  const unset = suiteProxy(plain, { allow: undefined, onLog: (line) => warnings.push(line) });
  const no = suiteProxy(plain, { allow: 'false' });
  const yes = suiteProxy(plain, { allow: 'true' });

  const settingOf = async (client: Client, container: string, mode: Mode) =>
    (await client.ask('HEAD', `/${container}`)).headers.get(MODE_HEADER[mode]);
  const flagsIn = async (client: Client) => {
    const { body } = await client.send('GET', '/info');
    return (JSON.parse(body.toString()) as { versioned_writes?: unknown }).versioned_writes;
  };

  it('is told in /info only where it is true, as Swift tells it', async () => {
    const allowed_flags = ['x-versions-location', 'x-history-location'];
    expect(await flagsIn(await yes.login('tester'))).toEqual({ allowed_flags });
    expect(await flagsIn(await no.login('tester'))).toBeUndefined();
    expect(await flagsIn(await unset.login('tester'))).toBeUndefined();
  });

  describe.each(MODES)('%s mode', (mode) => {
    it('unset lets everything pass: settings are neither made nor shown nor acted upon', async () => {
      const client = await unset.login('tester');
      const archive = await newContainer(client, 'archive');
      const container = await newContainer(client, mode, { [MODE_HEADER[mode]]: archive });
      expect(await settingOf(client, container, mode)).toBeUndefined();
      expect(await settingOf(await yes.login('tester'), container, mode)).toBeUndefined();

      const pair = await newPair(await yes.login('tester'), mode);
      expect(await settingOf(client, pair.container, mode)).toBeUndefined();
      await put(client, pair.container, OBJECT, 'one');
      await put(client, pair.container, OBJECT, 'two');
      expect(await client.names(pair.archive)).toEqual([]);
      expect(warnings.map(({ msg }) => msg)).toContain(
        'versioned_writes: neither allow_versioned_writes nor allow_object_versioning is set, so nothing is versioned',
      );
    });

    it('false refuses to make a setting, shows it, does not act upon it and lets it be removed', async () => {
      const client = await no.login('tester');
      const pair = await newPair(await yes.login('tester'), mode);
      for (const method of ['PUT', 'POST']) {
        const answer = await client.ask(method, `/${pair.container}`, {
          [MODE_HEADER[mode]]: 'elsewhere',
        });
        expect([answer.status, answer.body.toString()]).toEqual([
          412,
          'Versioned Writes is disabled',
        ]);
      }
      expect(await settingOf(client, pair.container, mode)).toBe(pair.archive);
      await put(client, pair.container, OBJECT, 'one');
      await put(client, pair.container, OBJECT, 'two');
      expect((await client.ask('DELETE', pathOf(pair.container, OBJECT))).status).toBe(204);
      expect(await client.names(pair.archive)).toEqual([]);

      await mustBe(204, client.ask('POST', `/${pair.container}`, { [MODE_HEADER[mode]]: '' }));
      expect(await settingOf(client, pair.container, mode)).toBeUndefined();
    });

    it('true makes, shows, acts upon and removes it', async () => {
      const client = await yes.login('tester');
      const { container, archive } = await newPair(client, mode);
      expect(await settingOf(client, container, mode)).toBe(archive);
      await put(client, container, OBJECT, 'one');
      await put(client, container, OBJECT, 'two');
      expect(await bodies(client, archive)).toEqual(['one']);
      await mustBe(
        204,
        client.ask('POST', `/${container}`, { [`X-Remove-${MODE_HEADER[mode].slice(2)}`]: 'x' }),
      );
      expect(await settingOf(client, container, mode)).toBeUndefined();
      await put(client, container, OBJECT, 'three');
      expect(await bodies(client, archive)).toEqual(['one']);
    });

    it('the other mode takes its place', async () => {
      const client = await yes.login('tester');
      const { container, archive } = await newPair(client, mode);
      const other = mode === 'stack' ? 'history' : 'stack';
      await mustBe(204, client.ask('POST', `/${container}`, { [MODE_HEADER[other]]: archive }));
      expect(await settingOf(client, container, mode)).toBeUndefined();
      expect(await settingOf(client, container, other)).toBe(archive);
    });
  });

  describe('a switch from history to stack mode, with a marker in the archive', () => {
    async function switched(client: Client) {
      const { container, archive } = await newPair(client, 'history');
      const path = pathOf(container, OBJECT);
      await put(client, container, OBJECT, 'one');
      await put(client, container, OBJECT, 'two');
      await mustBe(204, client.ask('DELETE', path));
      return {
        container,
        archive,
        remove: async () => (await client.ask('DELETE', path)).status,
        toMode: (mode: Mode) =>
          mustBe(204, client.ask('POST', `/${container}`, { [MODE_HEADER[mode]]: archive })),
        kept: async () =>
          (await everything(client, archive)).map(({ body, isMarker }) =>
            isMarker ? 'marker' : body,
          ),
        now: () => current(client, container, OBJECT),
      };
    }

    it('without an object: DELETE takes the marker back and what it hid', async () => {
      const client = await yes.login('tester');
      const { remove, toMode, kept, now } = await switched(client);
      expect(await kept()).toEqual(['one', 'two', 'marker']);
      await toMode('stack');
      expect(await remove()).toBe(204);
      expect([await now(), ...(await kept())]).toEqual(['two', 'one']);
      expect(await remove()).toBe(204);
      expect([await now(), ...(await kept())]).toEqual(['one']);
      expect(await remove()).toBe(204);
      expect(await now()).toBe(404);
    });

    it('with a new object: DELETE deletes that, and the next takes the marker back', async () => {
      const client = await yes.login('tester');
      const { container, remove, toMode, kept, now } = await switched(client);
      await toMode('stack');
      await put(client, container, OBJECT, 'three');
      expect(await remove()).toBe(204);
      expect([await now(), ...(await kept())]).toEqual([404, 'one', 'two', 'marker']);
      expect(await remove()).toBe(204);
      expect([await now(), ...(await kept())]).toEqual(['two', 'one']);
    });

    it('and back: DELETE archives again', async () => {
      const client = await yes.login('tester');
      const { remove, toMode, kept, now } = await switched(client);
      await toMode('stack');
      expect(await remove()).toBe(204);
      await toMode('history');
      expect(await remove()).toBe(204);
      expect(await now()).toBe(404);
      expect(await kept()).toEqual(['one', 'two', 'marker']);
    });
  });
});
