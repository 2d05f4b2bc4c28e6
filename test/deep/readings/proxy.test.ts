import fc from 'fast-check';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Filter } from '../../../src/swift_api/message';
import { countFigures } from '../../support/running/figures';
import { depth } from '../../support/running/depth';
import { startExpressApp } from '../../support/servers/express_app';
import { startProxy } from '../../support/servers/proxy';
import { RawConnection } from '../../support/clients/raw_connection';
import {
  decode,
  destination,
  destinationOf,
  isDisputed,
  isOfApi,
  READERS,
  target,
} from './targets';

const SEED = Number(process.env['READINGS_SEED'] ?? 20_261_128);
const TARGETS = depth({ gate: 1500, deep: 24_000 });
jest.setTimeout(900_000);

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'DELETE', 'COPY'];
const MARK = 'x-filter-of-the-test';

/** Targets, each with a method; the same in each run. */
const generated = fc
  .sample(fc.tuple(fc.constantFrom(...METHODS), target), { numRuns: TARGETS, seed: SEED })
  .filter(([, each]) => /^[!-~]+$/.test(each));

const destinations = fc.sample(destination, {
  numRuns: depth({ gate: 200, deep: 3000 }),
  seed: SEED,
});

/** What arrived at the store: the first line, and whether a filter has seen it. */
interface Arrival {
  readonly method: string;
  readonly target: string;
  readonly isMarked: boolean;
}

/** Starts a store that records requests and is empty. */
async function recordingStore() {
  const arrivals: Arrival[] = [];
  const server = createServer((req, res) => {
    arrivals.push({ method: req.method!, target: req.url!, isMarked: MARK in req.headers });
    req.resume().on('end', () => res.writeHead(404, { 'Content-Length': '0' }).end());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { url, arrivals, close };
}

const marking: Filter = (next) => (request) =>
  next({ ...request, headers: request.headers.with(MARK, 'seen') });

/** Sends all targets over a few connections, and calls `after` after each. */
async function sendAll(
  url: string,
  after: (method: string, sent: string) => void,
  headers: (index: number) => string[] = () => [],
): Promise<void> {
  let connection = await RawConnection.open(url);
  for (const [index, [method, sent]] of generated.entries()) {
    await connection.head(method, sent, 'Content-Length: 0', ...headers(index));
    const answer = await connection.answer(method);
    after(method, sent);
    const isOver =
      answer.status === 0 ||
      answer.fields.some(
        ([name, value]) => name.toLowerCase() === 'connection' && value === 'close',
      );
    if (!isOver) continue;
    await connection.leave();
    connection = await RawConnection.open(url);
  }
  await connection.leave();
}

/** Whether, for every reader, a request is one that is passed on by default. */
function isPassedThrough({ method, target: sent }: Arrival): boolean {
  const isNamed = (path: string) =>
    path.startsWith('/auth/') || path === '/info' || path === '/crossdomain.xml';
  return /^(GET|HEAD)$/.test(method) && Object.values(READERS).every((read) => isNamed(read(sent)));
}

describe('one reading of a target', () => {
  let store: Awaited<ReturnType<typeof recordingStore>>;
  beforeAll(async () => {
    store = await recordingStore();
  });
  afterAll(() => store.close());

  it('has targets about which readers disagree', () => {
    const disputed = generated.filter(([, each]) => isDisputed(each)).length;
    expect(disputed).toBeGreaterThan(TARGETS / 12);
    countFigures('readings of a target', { targets: generated.length, disputed });
  });

  it('what arrives went through the filters, or is passed on and nobody’s API', async () => {
    const proxy = await startProxy(store.url, {
      service: false,
      changed: (config) => ({
        ...config,
        createFilters: (context) => [...config.createFilters(context), marking],
      }),
    });
    const wrong: string[] = [];
    let arrived = 0;
    await sendAll(proxy.url, (method, sent) => {
      const arrivals = store.arrivals.splice(0);
      arrived += arrivals.length;
      for (const arrival of arrivals)
        if (!arrival.isMarked && !isPassedThrough(arrival))
          wrong.push(`${method} ${sent}: ${arrival.target}`);
      // unchanged, except for an absolute URL's host and an empty query's question mark
      const isSame = (got: string) => sent.replace(/\?$/, '').endsWith(got) || got === '/';
      for (const each of arrivals)
        if (each.method === method && !isSame(each.target))
          wrong.push(`${method} ${sent} became ${each.target}`);
    });
    await proxy.close();
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(arrived).toBeGreaterThan(TARGETS / 10);
  });

  it('a copy goes where the store will put it, and that place is checked first', async () => {
    const proxy = await startProxy(store.url, {
      service: false,
      filter: 'settings_cache_time = 0\nallow_object_versioning = true',
    });
    const client = await RawConnection.open(proxy.url);
    const wrong: string[] = [];
    let copies = 0;
    for (const [header, account] of destinations) {
      store.arrivals.splice(0);
      await client.head(
        'COPY',
        '/v1/AUTH_x/c/o',
        `Destination: ${header}`,
        `Destination-Account: ${account}`,
      );
      await client.answer('COPY');
      const place = destinationOf(header, account);
      const [copy] = store.arrivals.filter(({ method }) => method === 'COPY');
      if (!copy) continue;
      copies++;
      const arrivals = store.arrivals.filter(
        ({ method, target: at }) => method === 'HEAD' && decode(at) === place,
      );
      if (place !== undefined && arrivals.length === 0) wrong.push(`${header} (${account})`);
    }
    await client.leave();
    await proxy.close();
    expect(wrong).toEqual([]);
    expect(copies).toBeGreaterThan(destinations.length / 4);
  });

  it('an Express app is left what nobody takes for the API, and what reads it plainly', async () => {
    const app = await startExpressApp(store.url, {});
    const wrong: string[] = [];
    await sendAll(app.url, (method, sent) => {
      for (const passed of app.passedOn.splice(0)) {
        const readings = Object.values(READERS).map((read) => read(passed.replace(/^\S+ /, '')));
        const isPlain = new Set(readings).size === 1 && /^(GET|HEAD|OPTIONS)$/.test(method);
        if (readings.some(isOfApi) && !isPlain) wrong.push(`${method} ${sent}`);
      }
    });
    await app.close();
    expect(wrong.slice(0, 20)).toEqual([]);
  });
});
