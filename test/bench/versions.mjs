// How fast versions are: requests a second through Hindsight, against the same Swift with versions of its own and without.
// The sides take turns within each round, so that a noisy machine is noisy for all; the medians of the rounds count.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '8' },
    size: { type: 'string', default: '1024' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'npm run bench -- [--rounds 5] [--seconds 3] [--connections 8] [--size 1024] [--json]\n\n' +
      'Starts a Swift (test/support/swift-lab) and Hindsight, and compares GET, PUT of new objects, and PUT over objects.',
  );
  process.exit(0);
}
const root = join(import.meta.dirname, '../..');
const body = Buffer.alloc(Number(options.size), 'x');
const progress = (text) => process.stderr.write(text);

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

async function startHindsight(upstream) {
  const env = {
    ...process.env,
    HINDSIGHT_PORT: '0',
    SWIFT_URL: upstream,
    SWIFT_AUTH_URL: `${upstream}/auth/v1.0`,
  };
  const child = spawn('node', ['dist/src/cli.js', 'serve', '--config', 'config/swift.conf'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill());
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve) =>
    lines.on('line', (line) => line.includes('"url"') && resolve(JSON.parse(line).url)),
  );
  return url;
}

async function connect(url, name, container, archive) {
  const pool = new Pool(url, { connections: Number(options.connections) });
  const login = await pool.request({
    method: 'GET',
    path: '/auth/v1.0',
    headers: { 'x-auth-user': 'test:tester', 'x-auth-key': 'testing' },
  });
  await login.body.dump();
  const headers = { 'x-auth-token': login.headers['x-auth-token'] };
  const ask = async (method, path, more = {}, payload = null) => {
    const answer = await pool.request({
      method,
      path: `/v1/AUTH_test${path}`,
      headers: { ...headers, ...more },
      body: payload,
    });
    await answer.body.dump();
    if (answer.statusCode >= 300) throw new Error(`${name}: ${method} ${path}: ${answer.statusCode}`);
  };
  await ask('PUT', `/${archive}`);
  await ask('PUT', `/${container}-plain`);
  await ask(
    'PUT',
    `/${container}`,
    name === 'swift without versions' ? {} : { 'x-history-location': archive },
  );
  return { name, ask, container, pool };
}

const WORK = {
  GET: (side, worker) => side.ask('GET', `/${side.container}/read${worker}`),
  'PUT, new': (side, worker, i) =>
    side.ask('PUT', `/${side.container}-plain/new-${worker}-${Date.now()}-${i}`, {}, body),
  'PUT over': (side, worker) => side.ask('PUT', `/${side.container}/over${worker}`, {}, body),
};

async function rate(side, work) {
  const until = performance.now() + Number(options.seconds) * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: Number(options.connections) }, async (_, worker) => {
      for (let i = 0; performance.now() < until; i++, done++) await work(side, worker, i);
    }),
  );
  return done / Number(options.seconds);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const ports = await freePorts(6);
const lab = {
  ...process.env,
  SWIFT_LAB: mkdtempSync(join(tmpdir(), 'hindsight-bench-')),
  SWIFT_LAB_PORTS: ports.join(' '),
};
const swiftLab = (command) =>
  execFileSync('bash', [join(root, 'test/support/swift-lab'), command], {
    env: lab,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
process.once('exit', () => swiftLab('down'));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
progress('starting Swift and Hindsight\n');
swiftLab('up');
const plain = `http://127.0.0.1:${ports[0]}`;
const sides = [
  await connect(plain, 'swift without versions', 'bench-plain', 'bench-plain-archive'),
  await connect(`http://127.0.0.1:${ports[1]}`, "swift's own versions", 'bench-own', 'bench-own-archive'),
  await connect(await startHindsight(plain), 'hindsight', 'bench-hindsight', 'bench-hindsight-archive'),
];
for (const side of sides) {
  for (let worker = 0; worker < Number(options.connections); worker++) {
    await side.ask('PUT', `/${side.container}/read${worker}`, {}, body);
    await side.ask('PUT', `/${side.container}/over${worker}`, {}, body);
  }
}
const rates = new Map();
for (let round = 0; round < Number(options.rounds); round++) {
  for (const [title, work] of Object.entries(WORK)) {
    for (const side of sides) {
      progress(`\rround ${round + 1} of ${options.rounds}: ${title}, ${side.name}`.padEnd(80));
      const key = `${title}|${side.name}`;
      rates.set(key, [...(rates.get(key) ?? []), await rate(side, work)]);
    }
  }
}
progress('\n');
const table = Object.keys(WORK).map((title) => {
  const row = Object.fromEntries(
    sides.map(({ name }) => [name, Math.round(median(rates.get(`${title}|${name}`)))]),
  );
  const pairs = rates
    .get(`${title}|hindsight`)
    .map((value, i) => value / rates.get(`${title}|swift's own versions`)[i]);
  return { work: title, ...row, "hindsight / swift's own": Math.round(median(pairs) * 100) / 100 };
});
if (options.json) console.log(JSON.stringify({ requests_per_second: table }));
else console.table(table);
process.exit(0);
