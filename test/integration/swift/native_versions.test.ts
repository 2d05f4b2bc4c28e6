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
} from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';

const OBJECT = 'object';

describeWithSwift('a container that the store itself versions', ({ versioned }) => {
  const log: Record<string, unknown>[] = [];
  describe.each([
    ['the service user', suiteProxy(versioned, { onLog: (line) => log.push(line) })],
    [
      "the client's token",
      suiteProxy(versioned, { service: false, onLog: (line) => log.push(line) }),
    ],
  ])('archiving with %s', (_, proxy) => {
    describe.each(MODES)('%s mode', (mode) => {
      it('is left to it: one entry for an overwrite, and the log says so', async () => {
        const { container, archive } = await newPair(await login(versioned, 'tester'), mode);
        const client = await proxy.login('tester');
        await put(client, container, OBJECT, 'one');
        await put(client, container, OBJECT, 'two');
        expect(await bodies(client, archive)).toEqual(['one']);
        expect(log).toContainEqual(
          expect.objectContaining({
            container,
            msg: expect.stringMatching(/the store itself versions/) as string,
          }),
        );
        expect((await client.ask('DELETE', pathOf(container, OBJECT))).status).toBe(204);
        const markers = (await everything(client, archive)).map(({ isMarker }) => isMarker);
        expect(markers).toEqual(mode === 'stack' ? [] : [false, false, true]);
        expect(await current(client, container, OBJECT)).toBe(mode === 'stack' ? 'one' : 404);
      });

      it('is changed at the store where its setting is changed here', async () => {
        const direct = await login(versioned, 'tester');
        const { container } = await newPair(direct, mode);
        const client = await proxy.login('tester');
        const other = await newContainer(client, 'other');
        const [header, otherHeader] =
          mode === 'stack'
            ? [MODE_HEADER.stack, MODE_HEADER.history]
            : [MODE_HEADER.history, MODE_HEADER.stack];
        const seen = async () => {
          // Node's client cannot read Swift's own response to a HEAD of a container
          const { headers } = await direct.ask('GET', `/${container}`);
          const here = (await client.ask('HEAD', `/${container}`)).headers;
          expect(here.get(header)).toBe(headers.get(header));
          expect(here.get(otherHeader)).toBe(headers.get(otherHeader));
          return [headers.get(header), headers.get(otherHeader)];
        };
        await mustBe(204, client.ask('POST', `/${container}`, { [header]: other }));
        expect(await seen()).toEqual([other, undefined]);
        await mustBe(204, client.ask('POST', `/${container}`, { [otherHeader]: other }));
        expect(await seen()).toEqual([undefined, other]);
        await put(client, container, OBJECT, 'one');
        await put(client, container, OBJECT, 'two');
        expect(await bodies(client, other)).toEqual(['one']);
        await mustBe(204, client.ask('POST', `/${container}`, { [otherHeader]: '' }));
        expect(await seen()).toEqual([undefined, undefined]);
        await put(client, container, OBJECT, 'three');
        expect(await bodies(client, other)).toEqual(['one']);
      });

      it('is none where the setting was made here: that is kept here and archives once', async () => {
        const client = await proxy.login('tester');
        const { container, archive } = await newPair(client, mode);
        await put(client, container, OBJECT, 'one');
        await put(client, container, OBJECT, 'two');
        expect(await bodies(client, archive)).toEqual(['one']);
        const direct = await login(versioned, 'tester');
        expect(
          (await direct.ask('GET', `/${container}`)).headers.get(MODE_HEADER[mode]),
        ).toBeUndefined();
      });
    });

    it('by X-Versions-Enabled is left to it, too', async () => {
      const direct = await login(versioned, 'tester');
      const container = await newContainer(direct, 'enabled');
      await mustBe(204, direct.ask('POST', `/${container}`, { 'X-Versions-Enabled': 'true' }));
      const client = await proxy.login('tester');
      await put(client, container, OBJECT, 'one');
      await put(client, container, OBJECT, 'two');
      const { body } = await client.ask('GET', `/${container}?versions&format=json`);
      expect(JSON.parse(body.toString())).toHaveLength(2);
      expect(await current(client, container, OBJECT)).toBe('two');
    });

    it.each(MODES)('by X-Versions-Enabled takes no setting here (%s)', async (mode) => {
      const direct = await login(versioned, 'tester');
      const container = await newContainer(direct, 'enabled');
      await mustBe(204, direct.ask('POST', `/${container}`, { 'X-Versions-Enabled': 'true' }));
      const client = await proxy.login('tester');
      const archive = await newContainer(client, 'archive');
      const answer = await client.ask('POST', `/${container}`, { [MODE_HEADER[mode]]: archive });
      // Swift accepts it, and then refuses every write
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      await put(client, container, OBJECT, 'one');
      await put(client, container, OBJECT, 'two');
      expect(await client.names(archive)).toEqual([]);
    });
  });
});
