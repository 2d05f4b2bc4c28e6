import type { Client } from '../../support/clients/client';
import { current, mustBe, newPair, put } from '../../support/clients/containers';
import { suiteEmbedded } from '../../support/servers/embedded';

/** Metadata that leaves no room for more, by number and by length. */
const FULL = [
  ['none', {}],
  ['many', Object.fromEntries(Array.from({ length: 88 }, (_, i) => [`X-Object-Meta-A${i}`, 'x']))],
  [
    'long',
    Object.fromEntries(
      Array.from({ length: 16 }, (_, i) => [
        `X-Object-Meta-B${i}`,
        'x'.repeat(i === 15 ? 145 : 249),
      ]),
    ),
  ],
] as const;

describe('a copy of what was restored', () => {
  const server = suiteEmbedded();
  let client: Client;
  beforeAll(async () => {
    client = await server.login('test:tester', 'testing');
  });

  /** Makes an object that records any archive entry, by timestamp, as restored. */
  async function restored(
    timestamp: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<string> {
    const { container, archive } = await newPair(client, 'stack');
    await put(client, container, 'o', 'current');
    await mustBe(201, client.ask('PUT', `/${archive}/001o/${timestamp}`, { ...headers }, 'one'));
    await mustBe(204, client.ask('DELETE', `/${container}/o`));
    expect(await current(client, container, 'o')).toBe('one');
    return container;
  }

  const SECOND = ['a delete marker', 'a version'] as const;
  it.each(SECOND.flatMap((what) => FULL.map(([how, headers]) => [what, how, headers] as const)))(
    'takes nothing out of the archive of what it is copied to: %s, its source with %s metadata',
    async (what, _, headers) => {
      const { container, archive } = await newPair(client, 'history');
      await put(client, container, 'o', 'one');
      if (what === 'a version') await put(client, container, 'o', 'two');
      else await mustBe(204, client.ask('DELETE', `/${container}/o`));
      const entries = await client.names(archive);
      const from = await restored(entries.at(-1)?.slice('001o/'.length) ?? '', headers);
      const copied = { 'X-Copy-From': `/${from}/o` };
      await mustBe(201, client.ask('PUT', `/${container}/o`, copied, ''));
      await put(client, container, 'o', 'three');
      expect((await client.names(archive)).slice(0, entries.length)).toEqual(entries);
    },
  );
});
