import type { Client } from '../../support/clients/client';
import {
  archivePrefix,
  bodies,
  current,
  MODES,
  mustBe,
  newPair,
  pathOf,
  put,
  type Pair,
} from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';

const OBJECT = 'object';

describeWithSwift('what a write that crashed left in the archive', ({ plain }) => {
  describe.each([
    ['the service user', suiteProxy(plain)],
    ["the client's token", suiteProxy(plain, { service: false })],
  ])('archiving with %s', (_, proxy) => {
    /** Archives the current object under its own time, as a write does first. */
    async function leave(
      client: Client,
      { container, archive }: Pair,
      body?: string,
    ): Promise<string> {
      const path = pathOf(container, OBJECT);
      const time = (await client.ask('HEAD', path)).headers.get('x-timestamp') ?? '';
      const entry = archivePrefix(OBJECT) + time;
      const headers: Record<string, string> = body === undefined ? { 'X-Copy-From': path } : {};
      await mustBe(201, client.ask('PUT', pathOf(archive, entry), headers, body));
      return entry;
    }

    it('is not restored: DELETE in stack mode pops the version before and removes it', async () => {
      const client = await proxy.login('tester');
      const pair = await newPair(client, 'stack');
      for (const body of ['one', 'two', 'three']) await put(client, pair.container, OBJECT, body);
      await leave(client, pair);
      expect(await bodies(client, pair.archive)).toEqual(['one', 'two', 'three']);
      expect((await client.ask('DELETE', pathOf(pair.container, OBJECT))).status).toBe(204);
      expect(await current(client, pair.container, OBJECT)).toBe('two');
      expect(await bodies(client, pair.archive)).toEqual(['one']);
    });

    it('is removed with the last version: DELETE in stack mode leaves nothing', async () => {
      const client = await proxy.login('tester');
      const pair = await newPair(client, 'stack');
      await put(client, pair.container, OBJECT, 'one');
      await leave(client, pair);
      expect((await client.ask('DELETE', pathOf(pair.container, OBJECT))).status).toBe(204);
      expect(await current(client, pair.container, OBJECT)).toBe(404);
      expect(await client.names(pair.archive)).toEqual([]);
    });

    it('is removed also where it is not the newest entry', async () => {
      const client = await proxy.login('tester');
      const pair = await newPair(client, 'stack');
      await put(client, pair.container, OBJECT, 'one');
      await put(client, pair.container, OBJECT, 'two');
      await leave(client, pair);
      // somebody put this there, or a clock ran ahead
      const future = `${archivePrefix(OBJECT)}9999999999.00000`;
      await put(client, pair.archive, future, 'from the future');
      expect((await client.ask('DELETE', pathOf(pair.container, OBJECT))).status).toBe(204);
      expect(await current(client, pair.container, OBJECT)).toBe('from the future');
      expect((await client.ask('DELETE', pathOf(pair.container, OBJECT))).status).toBe(204);
      expect(await current(client, pair.container, OBJECT)).not.toBe('from the future');
    });

    it.each(MODES)('is made good by the next PUT (%s)', async (mode) => {
      const client = await proxy.login('tester');
      const pair = await newPair(client, mode);
      await put(client, pair.container, OBJECT, 'one');
      await put(client, pair.container, OBJECT, 'two');
      const entry = await leave(client, pair, 'only half of what was to be copied');
      await put(client, pair.container, OBJECT, 'three');
      expect(await bodies(client, pair.archive)).toEqual(['one', 'two']);
      expect((await client.names(pair.archive)).at(-1)).toBe(entry);
      await put(client, pair.container, OBJECT, 'four');
      expect(await bodies(client, pair.archive)).toEqual(['one', 'two', 'three']);
    });

    it('is made good by the next DELETE in history mode', async () => {
      const client = await proxy.login('tester');
      const pair = await newPair(client, 'history');
      await put(client, pair.container, OBJECT, 'one');
      const entry = await leave(client, pair, 'only half of what was to be copied');
      expect((await client.ask('DELETE', pathOf(pair.container, OBJECT))).status).toBe(204);
      expect(await bodies(client, pair.archive)).toEqual(['one']);
      expect((await client.names(pair.archive))[0]).toBe(entry);
      expect(await client.names(pair.archive)).toHaveLength(2);
    });
  });
});
