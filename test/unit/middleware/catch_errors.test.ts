import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { catchErrors } from '../../../middleware/catch_errors';
import { createLocalCoordination } from '../../../src/coordination/coordination';
import { Credentials } from '../../../src/auth/credential';
import { Headers } from '../../../src/http/headers';
import { createLog } from '../../../src/util/log';
import type { App } from '../../../src/plugin/plugin';
import { clientRequest } from '../../support/stores/upstream_store';

const app: App = {
  handler: () => Promise.reject(new Error('not asked')),
  power: 'client',
  mayWrite: () => Promise.reject(new Error('not asked')),
  mayLock: () => Promise.reject(new Error('not asked')),
  close: () => Promise.resolve(),
};
const filter = catchErrors.create(
  {},
  {
    log: createLog('silent'),
    app,
    coordination: createLocalCoordination(),
    credentials: Credentials.none,
    claims: () => false,
    isUnclaimed: () => false,
    paths: new Set(),
  },
);

async function passed(body: Readable): Promise<Readable> {
  const handler = filter(() =>
    Promise.resolve({ status: 200, headers: Headers.of({ 'Content-Length': '10' }), body }),
  );
  const response = await handler(clientRequest({ headers: Headers.none, authority: 'client' }));
  if (Buffer.isBuffer(response.body)) throw new Error('no stream');
  return response.body;
}

describe('a body with a length', () => {
  it('passes whole', async () => {
    expect(await text(await passed(Readable.from([Buffer.from('1234567890')])))).toBe('1234567890');
  });

  it.each(['12345', '12345678901'])('fails if it has another length: %s', async (body) => {
    await expect(text(await passed(Readable.from([Buffer.from(body)])))).rejects.toThrow(
      'Content-Length',
    );
  });

  it('fails if it was cut short before anybody read it', async () => {
    const broken = new Readable({ read: () => undefined }).on('error', () => undefined);
    broken.push('12345');
    broken.destroy(new Error('broken off'));
    await new Promise((resolve) => broken.once('close', resolve));
    await expect(text(await passed(broken))).rejects.toThrow();
  });

  it('ends when its reader leaves', async () => {
    const body = new Readable({ read: () => undefined });
    (await passed(body)).destroy();
    await new Promise((resolve) => body.once('close', resolve));
    expect(body.destroyed).toBe(true);
  });
});
