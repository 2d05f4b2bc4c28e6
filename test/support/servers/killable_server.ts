import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../running/eventually';
import { lastOf } from './output';
import { noteProcess } from './processes';

/**
 * A server in its own process that can be killed and started again at the same address.
 * It does not outlive the tests.
 */
export abstract class KillableServer {
  /** Its own folder, removed when it is stopped. */
  protected readonly folder: string;
  #child: ChildProcess | undefined;

  protected constructor(private readonly name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `hindsight-${name}-`));
  }

  protected abstract command(): readonly [program: string, ...args: string[]];

  /** Whether it answers by now; may reject if it does not. */
  protected abstract answers(): Promise<boolean>;

  /** Starts it and resolves once it answers. Rejects with its output if it ends first. */
  async run(): Promise<void> {
    const [program, ...args] = this.command();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const printed = [child.stdout, child.stderr].map((output) => lastOf(output));
    this.#child = child;
    noteProcess(child);
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    await eventually(`the ${this.name} answers`, () => {
      if (child.exitCode === null) return this.answers().catch(() => false);
      throw new Error(`the ${this.name} ended: ${printed.map((last) => last()).join('\n')}`);
    });
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

  /** Kills it and removes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Starts a server, and cleans up if it does not answer. */
export async function started<S extends KillableServer>(server: S): Promise<S> {
  try {
    await server.run();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
