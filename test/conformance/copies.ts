import type { Client } from '../support/clients/client';
import {
  current,
  MODES,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
} from '../support/clients/containers';
import { RawRequest } from '../support/clients/raw_request';

const LARGE = 'x'.repeat(300_000);

/** Enough items to leave room for few notes beside them, or for none. */
const metadata = (items: number) =>
  Object.fromEntries(Array.from({ length: items }, (_, i) => [`X-Object-Meta-A${i}`, 'x']));

/** Bodies of copies are treated in versioned containers as in others. */
export function copiesSuite(login: () => Promise<Client>): void {
  describe.each(MODES)('%s mode', (mode) => {
    test.each([false, true])(
      'a copy with a body is refused, with an existing object: %s',
      async (isThere) => {
        const client = await login();
        const sources = await newContainer(client, 'sources');
        await put(client, sources, 'source', 'copied');
        const { container, archive } = await newPair(client, mode);
        if (isThere) await put(client, container, 'o', 'before');
        const headers = { 'X-Copy-From': `/${sources}/source` };
        await mustBe(400, client.ask('PUT', pathOf(container, 'o'), headers, LARGE));
        expect(await current(client, container, 'o')).toBe(isThere ? 'before' : 404);
        expect(await client.names(archive)).toEqual([]);
      },
    );

    test.each([88, 89, 90])(
      'an empty X-Copy-From is ignored, with %s items of metadata',
      async (items) => {
        const client = await login();
        const { container } = await newPair(client, mode);
        await put(client, container, 'o', 'before');
        const headers = { 'X-Copy-From': '', ...metadata(items) };
        await mustBe(201, client.ask('PUT', pathOf(container, 'o'), headers, LARGE));
        expect(await current(client, container, 'o')).toBe(LARGE);
        const request = await RawRequest.begin(client, 'PUT', pathOf(container, 'o'), {
          ...headers,
          'Transfer-Encoding': 'chunked',
        });
        await request.writeChunk(Buffer.from('after'));
        await request.writeChunk(Buffer.alloc(0));
        await request.answered(' 201 ');
        request.leave();
        expect(await current(client, container, 'o')).toBe('after');
      },
    );
  });
}
