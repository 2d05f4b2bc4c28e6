// Counts the bytes between Hindsight and a Swift while a large object is written, new and
// over another one, and how often Swift copies an object.
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { client, progress, startHindsight, startSwift } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    upstream: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'node test/bench/overwrite_bytes.mjs [--mib 1024] [--upstream http://a-swift:8080] [--json]',
  );
  process.exit(0);
}
const MIB = Buffer.alloc(1024 * 1024, 'x');
const count = Number(options.mib);

/** Traffic since the last call of `takeSeen`. */
const traffic = { sent: 0, received: 0, requests: [], copies: 0 };
function takeTraffic() {
  const { sent, received, requests, copies } = traffic;
  Object.assign(traffic, { sent: 0, received: 0, requests: [], copies: 0 });
  return { sent, received, requests, copies };
}

/**
 * Starts a proxy in front of a Swift that counts the bytes in both directions. Assumes
 * that the head of a request begins a chunk.
 */
async function startTap(upstream) {
  const { hostname, port } = new URL(upstream);
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.on('data', (chunk) => {
      traffic.sent += chunk.length;
      const head = /^([A-Z]+) \/[^]*?\r\n\r\n/.exec(chunk.subarray(0, 16_384).toString('latin1'));
      if (!head) return;
      traffic.requests.push(head[1]);
      if (head[1] === 'COPY' || /\r\nx-copy-from:/i.test(head[0])) traffic.copies++;
    });
    far.on('data', (chunk) => (traffic.received += chunk.length));
    near.pipe(far).on('error', () => near.destroy());
    far.pipe(near).on('error', () => far.destroy());
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${server.address().port}`;
}

const upstream = await startTap(options.upstream ?? (await startSwift()).plain);
const { url } = await startHindsight(`
[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper versioned_writes proxy-server
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:proxy-server]
use = swift
sole_server_check = false
upstream = ${upstream}
auth_url = ${upstream}/auth/v1.0
auth_user = admin:admin
auth_key = admin
`);
const {
  lanes: [{ ask }],
  token,
} = await client(url, 1);

/** Puts a large body and returns the traffic it caused. */
async function put(what, path) {
  progress(what);
  takeTraffic();
  const upload = request(`${url}/v1/AUTH_test${path}`, {
    method: 'PUT',
    headers: { 'X-Auth-Token': token, 'Content-Length': count * MIB.length },
  });
  const answerPromise = new Promise((resolve, reject) =>
    upload.once('response', resolve).once('error', reject),
  );
  await pipeline(Readable.from(Array(count).fill(MIB)), upload);
  const answer = await answerPromise;
  answer.resume();
  if (answer.statusCode !== 201) throw new Error(`PUT ${path}: ${answer.statusCode}`);
  const { requests, ...bytes } = takeTraffic();
  return { what, ...bytes, requests: requests.join(' ') };
}

const name = `bytes-${process.pid}-${Date.now()}`;
const [ids, kept, archive] = ['ids', 'kept', 'archive'].map((what) => `/${name}-${what}`);
await ask('PUT', ids, { 'X-Versions-Enabled': 'true' });
await ask('PUT', archive);
await ask('PUT', kept, { 'X-History-Location': archive.slice(1) });
const rows = [
  await put('new, versions with ids', `${ids}/o`),
  await put('over a version, versions with ids', `${ids}/o`),
  await put('new, X-History-Location', `${kept}/o`),
  await put('over an object, X-History-Location', `${kept}/o`),
];
progress('\n');
if (options.json) console.log(JSON.stringify(rows));
else console.table(rows);
process.exit(0);
