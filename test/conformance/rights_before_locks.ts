import { Headers } from '../../src/http/headers';
import { Client } from '../support/clients/client';
import {
  bodies,
  current,
  MODES,
  newContainer,
  newPair,
  pathOf,
  put,
} from '../support/clients/containers';
import { eventually } from '../support/running/eventually';
import { RawRequest } from '../support/clients/raw_request';

const SIZE = 300 * 1024;

/**
 * A client that may not write gets no lock, and so neither waits for one nor blocks
 * others: over any store.
 */
export function rightsBeforeLocksSuite(login: () => Promise<Client>): void {
  it.each([...MODES, 'with ids'] as const)(
    'a client without a right is refused while others write: %s',
    async (kind) => {
      const client = await login();
      const { container, archive } =
        kind === 'with ids'
          ? {
              container: await newContainer(client, 'ids', { 'X-Versions-Enabled': 'true' }),
              archive: undefined,
            }
          : await newPair(client, kind);
      await put(client, container, 'o', 'before');
      const path = pathOf(container, 'o');
      const writing = await RawRequest.begin(client, 'PUT', path, {
        'Content-Length': String(SIZE),
      });
      try {
        await writing.write(Buffer.alloc(SIZE - 1, 'x'));
        // by then it has the lock
        if (archive === undefined)
          await eventually('it is written', () => isWaitedFor(client, path));
        else
          await eventually(
            'it is archived',
            async () => (await client.names(archive)).length === 1,
          );
        const anybody = new Client(client.url, Headers.none, client.account);
        const forged = new Client(
          client.url,
          Headers.of({ 'X-Auth-Token': 'AUTH_tknone' }),
          client.account,
        );
        for (const each of [anybody, forged])
          for (const method of ['PUT', 'DELETE'])
            expect([method, (await each.ask(method, path)).status]).toEqual([method, 401]);
        expect(writing.answer).toBe('');
        await writing.write('x');
        await writing.answered(' 201 ');
      } finally {
        writing.leave();
      }
      expect(await current(client, container, 'o')).toBe('x'.repeat(SIZE));
      if (archive !== undefined) expect(await bodies(client, archive)).toEqual(['before']);
    },
  );
}

/** Whether a write to an object has to wait for another. */
async function isWaitedFor(client: Client, path: string): Promise<boolean> {
  const waiting = await RawRequest.begin(client, 'POST', path, { 'Content-Length': '0' });
  await new Promise((resolve) => setTimeout(resolve, 100));
  waiting.leave();
  return waiting.answer === '';
}
