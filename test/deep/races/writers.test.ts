import type { Client } from '../../support/clients/client';
import {
  bodies,
  current,
  everything,
  MODES,
  newContainer,
  newPair,
  pathOf,
  put,
  type Mode,
  type Pair,
} from '../../support/clients/containers';
import { processConfiguration, startProxyProcess } from '../../support/servers/proxy_process';
import {
  found,
  OBJECT,
  race,
  TIMES,
  WRITERS,
  writeTo,
  type Write,
} from '../../support/judges/races';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { depth, partOf } from '../../support/running/depth';

/** How often each writer of a kind, or of an object, writes. */
const PER_KIND = depth({ gate: 1, deep: 6 });

async function expectNoneLost(client: Client, mode: Mode): Promise<void> {
  const pair = await newPair(client, mode);
  const { acknowledged, statuses } = await race(
    WRITERS,
    TIMES,
    'writer',
    writeTo(client, pair.container),
  );
  expect(statuses).toEqual([201]);
  expect(await found(client, pair)).toEqual(acknowledged.sort());
}

describeWithSwift('writers of one object at once', ({ plain }) => {
  const withServiceUser = suiteProxy(plain);
  const withClientsToken = suiteProxy(plain, { service: false });

  describe.each(
    partOf(
      [
        ['the service user', withServiceUser],
        ["the client's token", withClientsToken],
      ],
      { oneOf: 2 },
    ),
  )('archiving with %s', (_, proxy) => {
    it.each(partOf(MODES, { oneOf: 2, from: 1 }))(
      'lose no body that was acknowledged (%s)',
      async (mode) => {
        await expectNoneLost(await proxy.login('tester'), mode);
      },
    );
  });

  it.each(partOf(MODES, { oneOf: 2 }))(
    'lose none through two workers of one server (%s)',
    async (mode) => {
      const server = await startProxyProcess(processConfiguration(plain, 2));
      try {
        await expectNoneLost(await login(server.url, 'tester'), mode);
      } finally {
        await server.stop();
      }
    },
  );

  it.each(partOf(MODES, { oneOf: 2, from: 1 }))(
    'lose none if some of them copy (%s)',
    async (mode) => {
      const client = await withServiceUser.login('tester');
      const pair = await newPair(client, mode);
      const sources = await newContainer(client, 'sources');
      const target = pathOf(pair.container, OBJECT);
      let copies = 0;
      const kinds: Write[] = [
        writeTo(client, pair.container),
        async (body) => {
          const source = pathOf(sources, `copied-${copies++}`);
          await client.ask('PUT', source, {}, body);
          return (await client.ask('COPY', source, { Destination: target })).status;
        },
        async (body) => {
          const source = pathOf(sources, `copied-${copies++}`);
          await client.ask('PUT', source, {}, body);
          return (await client.ask('PUT', target, { 'X-Copy-From': source })).status;
        },
      ];
      const races = await Promise.all(
        kinds.map((write, kind) => race(4, PER_KIND, `writer of kind ${kind}`, write)),
      );
      expect(races.flatMap(({ statuses }) => statuses)).toEqual([201, 201, 201]);
      expect(await found(client, pair)).toEqual(
        races.flatMap(({ acknowledged }) => acknowledged).sort(),
      );
    },
  );

  it.each(MODES)('lose none if they write several objects (%s)', async (mode) => {
    const client = await withServiceUser.login('tester');
    const pair = await newPair(client, mode);
    // the first name is a prefix of all others
    const names = ['o', 'o-bar', 'o/o', 'öbjekt'];
    const races = await Promise.all(
      names.map((name) =>
        race(4, PER_KIND, `writer of ${name}`, writeTo(client, pair.container, name)),
      ),
    );
    for (const [i, name] of names.entries()) {
      expect(races[i]?.statuses).toEqual([201]);
      expect(await found(client, pair, name)).toEqual(races[i]?.acknowledged.sort());
    }
  });

  it('lose none, and leave a marker for each DELETE, if others delete (history)', async () => {
    const client = await withServiceUser.login('tester');
    const pair = await newPair(client, 'history');
    const target = pathOf(pair.container, OBJECT);
    const deleted: number[] = [];
    const deleter = async () => {
      for (let time = 0; time < 8; time++)
        deleted.push((await client.ask('DELETE', target)).status);
    };
    const [{ acknowledged, statuses }] = await Promise.all([
      race(8, TIMES, 'writer', writeTo(client, pair.container)),
      ...Array.from({ length: 4 }, deleter),
    ]);
    expect(statuses).toEqual([201]);
    expect(deleted.filter((status) => status !== 204 && status !== 404)).toEqual([]);
    expect(await found(client, pair)).toEqual(acknowledged.sort());
    const markers = (await everything(client, pair.archive)).filter(({ isMarker }) => isMarker);
    expect(markers).toHaveLength(deleted.length);
  });

  it('lose none but those that others popped (stack)', async () => {
    const client = await withServiceUser.login('tester');
    const pair = await newPair(client, 'stack');
    const target = pathOf(pair.container, OBJECT);
    let popped = 0;
    const deleter = async () => {
      for (let time = 0; time < 6; time++) {
        const { status } = await client.ask('DELETE', target);
        expect([204, 404]).toContain(status);
        if (status === 204) popped++;
      }
    };
    const [{ acknowledged, statuses }] = await Promise.all([
      race(8, TIMES, 'writer', writeTo(client, pair.container)),
      ...Array.from({ length: 3 }, deleter),
    ]);
    expect(statuses).toEqual([201]);
    const bodies = await found(client, pair);
    expect(bodies).toHaveLength(acknowledged.length - popped);
    expect(new Set(bodies).size).toBe(bodies.length);
    expect(bodies.filter((body) => !acknowledged.includes(body))).toEqual([]);
  });

  describe('DELETEs at once in stack mode', () => {
    const deleteAtOnce = async (client: Client, { container }: Pair, times: number) => {
      const target = pathOf(container, OBJECT);
      const answers = await Promise.all(
        Array.from({ length: times }, () => client.ask('DELETE', target)),
      );
      return answers.map(({ status }) => status);
    };
    const nineVersions = async (client: Client) => {
      const pair = await newPair(client, 'stack');
      for (let i = 0; i <= 8; i++) await put(client, pair.container, OBJECT, `version ${i}`);
      return pair;
    };

    it('pop one version each: 8 of 8 archived ones leave the first', async () => {
      const client = await withServiceUser.login('tester');
      const pair = await nineVersions(client);
      expect(await deleteAtOnce(client, pair, 8)).toEqual(Array(8).fill(204));
      expect(await current(client, pair.container, OBJECT)).toBe('version 0');
      expect(await client.names(pair.archive)).toEqual([]);
    });

    it('pop the newest ones: 5 of 8 archived ones leave the older three', async () => {
      const client = await withServiceUser.login('tester');
      const pair = await nineVersions(client);
      expect(await deleteAtOnce(client, pair, 5)).toEqual(Array(5).fill(204));
      expect(await current(client, pair.container, OBJECT)).toBe('version 3');
      expect(await bodies(client, pair.archive)).toEqual(['version 0', 'version 1', 'version 2']);
    });

    it('find nothing once all is gone: of 12 over 9 versions 3 are answered 404', async () => {
      const client = await withServiceUser.login('tester');
      const pair = await nineVersions(client);
      const statuses = await deleteAtOnce(client, pair, 12);
      expect(statuses.sort()).toEqual([...Array<number>(9).fill(204), 404, 404, 404]);
      expect(await current(client, pair.container, OBJECT)).toBe(404);
      expect(await client.names(pair.archive)).toEqual([]);
    });
  });
});
