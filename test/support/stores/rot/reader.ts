import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { noteProcess } from '../../servers/processes';

interface Differences {
  readonly missing: readonly string[];
  readonly added: readonly string[];
  readonly changed: readonly string[];
}

/**
 * How LMDB reads a database: the differences of its records from the intact one, an
 * error, or the death of the process.
 */
export type Read =
  | { readonly listed: Differences; readonly found: Differences }
  | { readonly error: string }
  | { readonly death: string };

/** Reads databases with LMDB in its own process, and starts another if that dies. */
export class Reader {
  #child: ChildProcess | undefined;
  #lines: AsyncIterator<string> | undefined;

  constructor(private readonly intact: string) {}

  async read(folder: string, writes = false): Promise<Read> {
    if (this.#child === undefined) await this.#start();
    this.#child?.stdin?.write(`${JSON.stringify({ folder, writes })}\n`);
    const line = await this.#lines?.next();
    if (line?.done === false) return JSON.parse(line.value) as Read;
    const death = String(this.#child?.signalCode ?? this.#child?.exitCode);
    this.#child = undefined;
    return { death };
  }

  close(): void {
    this.#child?.kill();
  }

  async #start(): Promise<void> {
    const script = path.join(__dirname, 'reader_child.mjs');
    const child = spawn(process.execPath, [script, this.intact], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    noteProcess(child);
    child.stdin.on('error', () => undefined);
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await this.#lines.next();
    if (first.done === true) throw new Error('the intact database cannot be read');
  }
}
