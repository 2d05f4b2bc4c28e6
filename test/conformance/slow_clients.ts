import type { Client } from '../support/clients/client';
import { bodies, current, MODES, newPair, pathOf, put } from '../support/clients/containers';
import { eventually, pause } from '../support/running/eventually';
import { RawRequest } from '../support/clients/raw_request';

/** The `upload_stall_time` for the suite's server, in seconds. */
export const STALL_TIME = 1;

const KIB = 1024;
const SIZE = 600 * KIB;
const OBJECT = 'o';

/**
 * How a server treats clients that send a large body to a versioned container slowly.
 *
 * @param login logs in at a server whose `upload_stall_time` is `STALL_TIME`
 */
export function slowClientsSuite(login: () => Promise<Client>): void {
  let client: Client;
  beforeAll(async () => {
    client = await login();
  });

  const begin = (path: string, more: Record<string, string> = {}) =>
    RawRequest.begin(client, 'PUT', path, { 'Content-Length': String(SIZE), ...more });

  describe.each(MODES)('in the mode %s', (mode) => {
    it.each<[string, Record<string, string>]>([
      ['a length', {}],
      ['chunks', { 'Content-Length': '', 'Transfer-Encoding': 'chunked' }],
      ['100-continue', { Expect: '100-continue' }],
    ])(
      'a body with %s that stalls is given up with 408, nothing of it is kept, and other writes go on',
      async (how, more) => {
        const { container, archive } = await newPair(client, mode);
        const path = pathOf(container, OBJECT);
        await put(client, container, OBJECT, 'before');
        const headers = Object.fromEntries(
          Object.entries({ 'Content-Length': String(SIZE), ...more }).filter(
            ([, value]) => value !== '',
          ),
        );
        const slow = await RawRequest.begin(client, 'PUT', path, headers);
        try {
          if (how === '100-continue') await slow.answered('100 Continue');
          if (how === 'chunks') await slow.writeChunk(Buffer.alloc(300 * KIB));
          else await slow.write(Buffer.alloc(300 * KIB));
          await eventually('it is locked', async () => (await client.names(archive)).length === 1);
          const next = client.ask('PUT', path, {}, 'after');
          await slow.answered('HTTP/1.1 408');
          expect(slow.answer).toContain('the body came too slowly');
          expect((await next).status).toBe(201);
        } finally {
          slow.leave();
        }
        expect(await current(client, container, OBJECT)).toBe('after');
        expect(await bodies(client, archive)).toEqual(['before']);
      },
    );
  });

  it('a body that drips is given up as well', async () => {
    const { container, archive } = await newPair(client, 'history');
    await put(client, container, OBJECT, 'before');
    const slow = await begin(pathOf(container, OBJECT));
    const over = { is: false };
    const answered = slow.answered('HTTP/1.1 408').finally(() => (over.is = true));
    await slow.write(Buffer.alloc(100 * KIB));
    while (!over.is) {
      await slow.write(Buffer.alloc(KIB));
      await pause(50);
    }
    slow.leave();
    await answered;
    expect(await current(client, container, OBJECT)).toBe('before');
    await eventually(
      'its archive entry is removed',
      async () => (await client.names(archive)).length === 0,
    );
  });

  it('a body that makes progress is accepted, however long it takes', async () => {
    const { container, archive } = await newPair(client, 'history');
    await put(client, container, OBJECT, 'before');
    const slow = await begin(pathOf(container, OBJECT));
    const parts = 6;
    for (let part = 0; part < parts; part++) {
      await slow.write(Buffer.alloc(SIZE / parts, 'x'));
      await pause(0.6 * STALL_TIME * 1000);
    }
    await slow.answered('HTTP/1.1 201');
    slow.leave();
    expect(await current(client, container, OBJECT)).toBe('x'.repeat(SIZE));
    expect(await bodies(client, archive)).toEqual(['before']);
  });

  it('a body of an unversioned object may stall for longer', async () => {
    const { archive } = await newPair(client, 'history');
    const slow = await begin(pathOf(archive, OBJECT));
    await slow.write(Buffer.alloc(SIZE / 2));
    await pause(2 * STALL_TIME * 1000);
    await slow.write(Buffer.alloc(SIZE / 2));
    await slow.answered('HTTP/1.1 201');
    slow.leave();
  });
}
