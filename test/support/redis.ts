import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually';
import { freePorts } from './ports';

const SERVER = '/usr/bin/redis-server';
const MISSING = 'No Redis on this machine: the tests against a real one DO NOT RUN. Install redis-server.';

/** A suite that needs a real Redis; where there is none that is said loudly, and is a failure where CI is set. */
export function describeWithRedis(name: string, suite: () => void): void {
  if (existsSync(SERVER)) {
    describe(name, suite);
    return;
  }
  if (process.env['CI']) throw new Error(MISSING);
  process.stderr.write(`\n${'!'.repeat(100)}\n${MISSING}\n${'!'.repeat(100)}\n\n`);
  describe.skip(`${name} (NOT RUN: no Redis)`, () => it('needs a real Redis', () => undefined));
}

/** A Redis of a test's own, on a free port of the loopback interface. */
export class TestRedis {
  #child: ChildProcess | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'hindsight-redis-'));

  private constructor(
    readonly port: number,
    private readonly options: readonly string[],
  ) {}

  /** @param options what it is started with besides, as on its command line; a file of a configuration comes first */
  static async start(...options: string[]): Promise<TestRedis> {
    const [port = 0] = await freePorts(1);
    const redis = new TestRedis(port, options);
    await redis.run();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, empty, where it was started before; resolves once it answers. */
  async run(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const child = spawn(SERVER, [...this.options, ...place], { stdio: 'ignore' });
    this.#child = child;
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    await eventually('Redis answers', () =>
      this.ask('PING').then(
        (said) => /^(\+PONG|-NOAUTH)/.test(said),
        () => false,
      ),
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Kills it and removes what it left. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** One command, and the first bytes that it answers, as they come. */
  ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(this.port, '127.0.0.1', () => socket.write(`${command}\r\n`));
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once('error', reject);
    });
  }
}
