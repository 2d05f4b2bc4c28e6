import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedUpstream } from './embedded_upstream';
import { eventually } from './eventually';
import { freePorts } from './ports';

const CLI = join(__dirname, '../../dist/src/cli.js');
/** As swift-lab starts its servers: Swift reads its swift.conf from /etc/swift unless told otherwise before anything else is imported. */
const SWIFT = `
import runpy, sys
from swift.common.utils import set_swift_dir
set_swift_dir(sys.argv.pop(1))
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")`;

/** A store in a process of its own, that is killed and started again at the same address, with what it has kept. */
export class KillableStore {
  #child: ChildProcess | undefined;

  private constructor(
    readonly url: string,
    private readonly command: readonly [string, ...string[]],
    private readonly folder: string,
  ) {}

  /** A store of ours. */
  static async embedded(): Promise<KillableStore> {
    const [folder, port] = await place();
    const file = join(folder, 'store.conf');
    writeFileSync(file, embeddedUpstream(join(folder, 'data'), port));
    return started(
      new KillableStore(urlOf(port), [process.execPath, CLI, 'serve', '--config', file], folder),
    );
  }

  /** Another proxy server of the Swift that the tests have started; undefined where they have not. */
  static async swift(): Promise<KillableStore | undefined> {
    const lab = process.env['HINDSIGHT_TEST_LAB'];
    if (lab === undefined) return undefined;
    const [folder, port] = await place();
    const file = join(folder, 'proxy.conf');
    const plain = readFileSync(join(lab, 'etc/plain.conf'), 'utf8');
    writeFileSync(
      file,
      plain.replace(/^bind_port = .*$/m, `bind_port = ${port}`).replace(/^workers = .*$/m, 'workers = 0'),
    );
    const command = [
      '/usr/bin/python3',
      '-c',
      SWIFT,
      join(lab, 'etc'),
      '/usr/bin/swift-proxy-server',
      file,
    ] as const;
    return started(new KillableStore(urlOf(port), [...command], folder));
  }

  /** Starts it; resolves once it answers. */
  async run(): Promise<void> {
    const [program, ...args] = this.command;
    const child = spawn(program, args, { stdio: 'ignore' });
    this.#child = child;
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    await eventually('the store answers', () =>
      fetch(`${this.url}/healthcheck`).then(
        ({ ok }) => ok,
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

  /** Kills it and removes what it kept, where that is its own. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function started(store: KillableStore): Promise<KillableStore> {
  try {
    await store.run();
    return store;
  } catch (error) {
    await store.stop();
    throw error;
  }
}

async function place(): Promise<[folder: string, port: number]> {
  const [port = 0] = await freePorts(1);
  return [mkdtempSync(join(tmpdir(), 'hindsight-store-')), port];
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
