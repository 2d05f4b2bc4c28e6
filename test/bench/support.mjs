// Shared by the benchmarks: starts servers to measure, and a client that is cheap enough
// not to distort the measurement.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const root = join(import.meta.dirname, '../..');

export const progress = (text) => process.stderr.write(`\r${text}`.padEnd(80));

export const median = (numbers) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

// every server and folder adds a listener that cleans it up at the exit
process.setMaxListeners(100);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** Creates a folder that is removed when the process exits. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns ports of the loopback address that are free now. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map((server) => new Promise((done) => server.listen(0, '127.0.0.1', done))),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/**
 * Starts a real Swift. Returns its URL without versioning (`plain`) and with its own
 * (`versioned`).
 */
export async function startSwift() {
  const ports = await freePorts(6);
  const env = { ...process.env, SWIFT_LAB: temporaryFolder(), SWIFT_LAB_PORTS: ports.join(' ') };
  const lab = (command) =>
    execFileSync('bash', [join(root, 'test/support/swift-lab'), command], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  process.prependOnceListener('exit', () => lab('down'));
  lab('up');
  return { plain: `http://127.0.0.1:${ports[0]}`, versioned: `http://127.0.0.1:${ports[1]}` };
}

/**
 * Starts a built Hindsight with a configuration. Returns its URL and its process.
 *
 * @param folder the checkout to start, this one by default
 */
export async function startHindsight(config, more = {}, folder = root) {
  const file = join(temporaryFolder(), 'hindsight.conf');
  writeFileSync(file, config);
  const child = spawn('node', ['dist/src/cli.js', 'serve', '--config', file], {
    cwd: folder,
    env: { ...process.env, HINDSIGHT_PORT: '0', ...more },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  process.prependOnceListener('exit', () => child.kill());
  const url = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`hindsight ended with ${code}`)));
    const lines = createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.includes('"url"')) return;
      lines.close();
      // the log is read, since a full pipe would stop the server, but costs little
      child.stdout.resume();
      resolve(JSON.parse(line).url);
    });
  });
  return { url, child };
}

/**
 * A connection that sends requests one after the other. Responses need a Content-Length;
 * their bodies are only counted.
 */
export class Connection {
  #socket;
  #head = '';
  /** Bytes of the body still to come; undefined until the head is complete. */
  #left;
  #waiting;

  constructor(url, token) {
    this.url = url;
    this.token = token;
    this.open();
  }

  /** Opens the connection, again if it is open: a server closes one that is idle. */
  open() {
    this.#socket
      ?.removeAllListeners()
      .on('error', () => undefined)
      .destroy();
    const { hostname, port } = new URL(this.url);
    this.#socket = connect(Number(port), hostname).setNoDelay(true).setEncoding('latin1');
    this.#socket.on('data', (text) => this.#receive(text));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('the connection was closed')));
    this.#socket.on('error', () => undefined);
  }

  /** @returns the status and the head */
  ask(method, path, headers = {}, body) {
    const fields = { Host: 'bench', 'X-Auth-Token': this.token, ...headers };
    if (body !== undefined || method === 'PUT') fields['Content-Length'] = body?.length ?? 0;
    const head = Object.entries(fields).reduce(
      (text, [name, value]) => (value === undefined ? text : `${text}${name}: ${value}\r\n`),
      `${method} ${path} HTTP/1.1\r\n`,
    );
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, method };
      this.#socket.write(`${head}\r\n${body ?? ''}`, 'latin1');
    });
  }

  close() {
    this.#socket.destroy();
  }

  #receive(text) {
    if (this.#left === undefined) {
      this.#head += text;
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const beginning = this.#head.length - end - 4;
      this.#head = this.#head.slice(0, end);
      const [, length] = /\r\ncontent-length: *(\d+)/i.exec(this.#head) ?? [];
      if (length === undefined && /\r\ntransfer-encoding:/i.test(this.#head))
        throw new Error(`an answer without its length: ${this.#head}`);
      this.#left = (this.#waiting?.method === 'HEAD' ? 0 : Number(length ?? 0)) - beginning;
    } else this.#left -= text.length;
    if (this.#left > 0) return;
    const head = this.#head;
    if (this.#left < 0 || this.#waiting === undefined)
      throw new Error(`what nobody asked for came with, or behind, an answer: ${head}`);
    this.#head = '';
    this.#left = undefined;
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    resolve({ status: Number(head.slice(9, 12)), head });
  }
}

/**
 * Logs in and opens `count` connections. Each `ask` throws unless the response is a
 * success.
 */
export async function client(url, count) {
  const first = new Connection(url);
  const { head } = await first.ask('GET', '/auth/v1.0', {
    'X-Auth-User': 'test:tester',
    'X-Auth-Key': 'testing',
  });
  first.close();
  const token = /\r\nx-auth-token: *(\S+)/i.exec(head)?.[1];
  const lanes = Array.from({ length: count }, () => {
    const connection = new Connection(url, token);
    const ask = async (method, path, headers, body) => {
      const { status } = await connection.ask(method, `/v1/AUTH_test${path}`, headers, body);
      if (status >= 300) throw new Error(`${url}: ${method} ${path}: ${status}`);
    };
    return { ask, connection };
  });
  return { lanes, token };
}

/**
 * Returns how often a second `work(lane, number, i)` completes, over all lanes together.
 */
export async function rate(lanes, seconds, work) {
  const began = performance.now();
  let done = 0;
  await Promise.all(
    lanes.map(async (lane, number) => {
      for (let i = 0; performance.now() - began < seconds * 1000; i++, done++)
        await work(lane, number, i);
    }),
  );
  return (done / (performance.now() - began)) * 1000;
}
