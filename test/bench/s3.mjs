// Compares S3's API with Swift's: requests a second through one Hindsight with an
// embedded store, by either API. The sides take turns within each round, so that noise of
// the machine affects both; medians of the rounds count. Requests are signed once and
// sent repeatedly, so that the client costs little: a signature is valid for 15 minutes.
import { parseArgs } from 'node:util';
import { signed } from './sign.mjs';
import {
  client,
  Connection,
  median,
  progress,
  rate,
  startHindsight,
  temporaryFolder,
} from './support.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'node test/bench/s3.mjs [--rounds 5] [--seconds 3] [--connections 8] [--json]\n\nNeeds npm run build.',
  );
  process.exit(0);
}

const KIB = 1024;
const SMALL = 'x'.repeat(4 * KIB);
const LARGE = 'x'.repeat(16 * KIB * KIB);
/** More than one page of a listing. */
const LISTED = 1100;
const ACCOUNT = '/v1/AUTH_test';

const CONFIG = `[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper s3api tempauth versioned_writes embedded
[filter:tempauth]
user_test_tester = testing .admin
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:embedded]
data = ${temporaryFolder()}
`;

/**
 * The requests of both sides, by the number of the connection: method, object, query,
 * body.
 */
const WORK = {
  'PUT 4 KiB': (number) => ['PUT', `/over${number}`, '', SMALL],
  'GET 4 KiB': (number) => ['GET', `/small${number}`, ''],
  'GET 16 MiB': () => ['GET', '/large', ''],
  'LIST 1000': () => ['GET', '', 'list-type=2&max-keys=1000'],
};
const SWIFT_QUERY = { 'LIST 1000': 'format=json&limit=1000' };

const { url } = await startHindsight(CONFIG);
const count = Number(options.connections);
const { lanes, token } = await client(url, 1);
const [{ ask: setUp }] = lanes;
for (const container of ['plain', 'kept', 'listed'])
  await setUp('PUT', `/${container}`, container === 'kept' ? { 'X-Versions-Enabled': 'true' } : {});
for (const container of ['plain', 'kept']) {
  for (let number = 0; number < count; number++)
    await setUp('PUT', `/${container}/small${number}`, {}, SMALL);
  await setUp('PUT', `/${container}/large`, {}, LARGE);
}
for (let number = 0; number < LISTED; number++)
  await setUp('PUT', `/listed/object-${number}`, {}, '');

/** Prepares the requests of a side: one for each connection. */
function sideOf(name, container, title) {
  const requests = Array.from({ length: count }, (_, number) => {
    const [method, object, query, body] = WORK[title](number);
    const path = `/${title.startsWith('LIST') ? 'listed' : container}${object}`;
    if (name === 'swift') {
      const swiftQuery = SWIFT_QUERY[title] ?? query;
      return [
        method,
        `${ACCOUNT}${path}${swiftQuery && `?${swiftQuery}`}`,
        { 'X-Auth-Token': token },
        body,
      ];
    }
    return [
      method,
      `${path}${query && `?${query}`}`,
      signed(method, path, query, body ?? ''),
      body,
    ];
  });
  return async (connection, number) => {
    const { status, head } = await connection.ask(...requests[number]);
    if (status >= 300) throw new Error(`${name}, ${title}: ${head}`);
  };
}

const rows = [];
for (const container of ['plain', 'kept']) {
  for (const title of Object.keys(WORK)) {
    if (container === 'kept' && title.startsWith('LIST')) continue;
    const rates = { swift: [], s3: [] };
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const name of Object.keys(rates)) {
        progress(`${title}, ${container}, ${name}: round ${round + 1} of ${options.rounds}`);
        const connections = Array.from({ length: count }, () => new Connection(url));
        rates[name].push(
          await rate(connections, Number(options.seconds), sideOf(name, container, title)),
        );
        for (const connection of connections) connection.close();
      }
    }
    const cost = Math.round(median(rates.swift.map((each, i) => each / rates.s3[i])) * 100) / 100;
    const [swift, s3] = [rates.swift, rates.s3].map((each) => Math.round(median(each)));
    rows.push({ work: title, versions: container === 'kept', swift, s3, 'swift / s3': cost });
  }
}
progress('\n');
if (options.json) console.log(JSON.stringify({ requests_per_second: rows }));
else console.table(rows);
process.exit(0);
