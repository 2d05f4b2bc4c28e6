import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, constants, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { codeOf } from '../../../util/errors';
import { toStorageError, StorageError } from '../storage/storage_error';
import type { Flaw } from './flaw';
import type { Message } from './messages';

export interface WalkOptions {
  /** Milliseconds without a message after which the child is killed. */
  readonly timeout?: number;
  /** Called during a long walk, with the number of pages read. */
  readonly onProgress?: (pages: number) => void;
  /** The child's script. For tests. */
  readonly script?: string;
}

/** The tables of this version of the program; see `openTables`. */
export const TABLES = [
  'accounts',
  'arriving',
  'containers',
  'contents',
  'expiry',
  'gone',
  'holds',
  'inline',
  'meta',
  'objects',
  'sessions',
  'sums',
  'tallies',
];

/** In milliseconds: a disk may be slow to read the 256 pages between two messages. */
const DEFAULT_PATIENCE = 120_000;

/**
 * Reads the structure of the database in a folder, in a separate process, and reports all
 * flaws. It is a flaw, too, if that process dies or gets stuck. Reads only.
 *
 * @returns no flaws also if there is no database in the folder, or one that was never
 *   written to
 * @throws StorageError `failed` if it cannot be read, `corrupt` if it is not a regular
 *   file
 */
export async function walkDatabase(folder: string, options: WalkOptions = {}): Promise<Flaw[]> {
  const file = path.join(folder, 'data.mdb');
  const size = await sizeOf(file);
  if (size === undefined) return [];
  if (size === 0) return checkEmpty(folder);
  const first = await walkOnce(folder, options);
  // someone may have killed the process
  return first.some(({ flaw }) => flaw === 'process') ? await walkOnce(folder, options) : first;
}

/** Returns undefined if the file does not exist. */
async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) throw new StorageError('corrupt', `${file} is no regular file`);
    await access(file, constants.R_OK);
    return stats.size;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw toStorageError(`could not open ${file}`, error);
  }
}

/**
 * An interrupted first start leaves an empty file and nothing else; LMDB would make it a
 * new database.
 */
function checkEmpty(folder: string): Flaw[] {
  const leftover = ['content', 'sessions'].find((name) => existsSync(path.join(folder, name)));
  if (leftover === undefined) return [];
  const text = `the header, page 0: the file is empty, but the folder ${leftover} exists beside it`;
  return [{ kind: 'structure', flaw: 'header', page: 0, text }];
}

async function walkOnce(folder: string, options: WalkOptions): Promise<Flaw[]> {
  const script = options.script ?? findScript();
  const args = [script, path.resolve(folder), ...TABLES];
  // options of this process are not for the child: inspectors, loaders, memory limits
  const env = { ...process.env };
  delete env['NODE_OPTIONS'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], env });
  const reader = new ChildReader(child, options);
  await Promise.all([reader.readMessages(), reader.waitForExit()]);
  await reader.cleanUp();
  return reader.result(folder);
}

/** Returns the path of the child's built script, also when run from the sources. */
function findScript(): string {
  const built = path.join(__dirname, 'child.js');
  return existsSync(built)
    ? built
    : path.join(__dirname, '../../../../dist/src/stores/embedded/walk/child.js');
}

/** Reads the messages of a child, and how it ends. */
class ChildReader {
  readonly #flaws: Flaw[] = [];
  #activity = 'reading the structure of the database';
  /** The child's temporary folder. */
  #probe: string | undefined;
  #failure: string | undefined;
  #isDone = false;
  #isStuck = false;
  #exit = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly child: ChildProcess,
    private readonly options: WalkOptions,
  ) {}

  async readMessages(): Promise<void> {
    this.#restartTimer();
    // at the limit of open files there is no pipe, only an error
    for await (const line of createInterface({ input: this.child.stdout ?? Readable.from([]) })) {
      this.#restartTimer();
      const message = parseMessage(line);
      if (message !== undefined) this.#handle(message);
    }
  }

  waitForExit(): Promise<void> {
    return new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.#failure = toStorageError('could not start a process', error).message;
        clearTimeout(this.#timer);
        resolve();
      });
      this.child.once('close', (code, signal) => {
        this.#exit = signal ?? `exit code ${code}`;
        clearTimeout(this.#timer);
        resolve();
      });
    });
  }

  /** Removes what a dead child left behind. */
  async cleanUp(): Promise<void> {
    if (this.#probe !== undefined && !this.#isDone)
      await rm(this.#probe, { recursive: true, force: true }).catch(() => undefined);
  }

  /** @throws StorageError `failed` */
  result(folder: string): Flaw[] {
    if (this.#failure !== undefined)
      throw new StorageError(
        'failed',
        `could not read the database in ${folder}: ${this.#failure}`,
      );
    if (this.#isDone || this.#flaws.length > 0) return this.#flaws;
    const outcome = this.#isStuck ? 'does not finish' : `ended its process with ${this.#exit}`;
    return [{ kind: 'structure', flaw: 'process', text: `${this.#activity} ${outcome}` }];
  }

  #restartTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isStuck = true;
      this.child.kill('SIGKILL');
    }, this.options.timeout ?? DEFAULT_PATIENCE);
  }

  #handle(message: Message): void {
    if (message.type === 'progress') this.options.onProgress?.(message.pages);
    else if (message.type === 'flaw') this.#flaws.push(message.flaw);
    else if (message.type === 'walked') this.#handleWalked(message);
    else if (message.type === 'failed') this.#failure = message.message;
    else this.#isDone = true;
  }

  #handleWalked({ probe }: Message & { readonly type: 'walked' }): void {
    this.#activity = 'opening the database';
    this.#probe = probe;
  }
}

/** Parses a message; undefined if the line was cut short by the death of the child. */
function parseMessage(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message;
  } catch {
    return undefined;
  }
}
