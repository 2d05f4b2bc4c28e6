import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, constants, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { codeOf } from '../../../util/errors';
import { fromSystem, StorageError } from '../storage/storage_error';
import type { Flaw } from './flaw';
import type { Message } from './messages';

export interface WalkOptions {
  /** After how many milliseconds without a sign of life the child is given up. */
  readonly patience?: number;
  /** Called when the walk takes long: with the number of pages that were read. */
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

/** A disk may take long for the 256 pages between two messages. */
const PATIENCE = 120_000;

/**
 * Reads the structure of the database in a folder, in a process of its own, and reports all that is
 * wrong with it. That that process dies, or gets stuck, is a flaw, too. Reads only.
 *
 * @returns nothing also if there is no database in the folder, or one that nobody has written to
 * @throws StorageError `failed` if it cannot be read, `corrupt` if it is no regular file
 */
export async function walkDatabase(folder: string, options: WalkOptions = {}): Promise<Flaw[]> {
  const file = path.join(folder, 'data.mdb');
  const size = await sizeOf(file);
  if (size === undefined) return [];
  if (size === 0) return judgeEmpty(folder);
  const first = await walkOnce(folder, options);
  // a death may have been somebody's kill
  return first.some(({ flaw }) => flaw === 'process') ? await walkOnce(folder, options) : first;
}

/** Undefined for a file that is not there. */
async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new StorageError('corrupt', `${file} is no regular file`);
    await access(file, constants.R_OK);
    return found.size;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw fromSystem(`could not open ${file}`, error);
  }
}

/** A start that was cut short leaves an empty file, and nothing else; LMDB would make it a new database. */
function judgeEmpty(folder: string): Flaw[] {
  const rest = ['content', 'sessions'].find((name) => existsSync(path.join(folder, name)));
  if (rest === undefined) return [];
  const text = `the header, page 0: the file is empty, but there is the folder ${rest} beside it`;
  return [{ kind: 'structure', flaw: 'header', page: 0, text }];
}

async function walkOnce(folder: string, options: WalkOptions): Promise<Flaw[]> {
  const script = options.script ?? scriptOf();
  const args = [script, path.resolve(folder), ...TABLES];
  // whatever this process was started with is not for the child: inspectors, loaders, limits of memory
  const env = { ...process.env };
  delete env['NODE_OPTIONS'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], env });
  const reading = new Reading(child, options);
  await Promise.all([reading.lines(), reading.end()]);
  await reading.tidy();
  return reading.result(folder);
}

/** The child's script, as the build makes it, also for callers that run from the sources. */
function scriptOf(): string {
  const beside = path.join(__dirname, 'child.js');
  return existsSync(beside)
    ? beside
    : path.join(__dirname, '../../../../dist/src/stores/embedded/walk/child.js');
}

/** What a child says, and how it ends. */
class Reading {
  readonly #flaws: Flaw[] = [];
  #doing = 'reading the structure of the database';
  /** A folder of the child's. */
  #probe: string | undefined;
  #failure: string | undefined;
  #isDone = false;
  #isStuck = false;
  #ended = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly child: ChildProcess,
    private readonly options: WalkOptions,
  ) {}

  async lines(): Promise<void> {
    this.#wait();
    // at the limit of open files there is no pipe, but an error
    for await (const line of createInterface({ input: this.child.stdout ?? Readable.from([]) })) {
      this.#wait();
      const message = parsed(line);
      if (message !== undefined) this.#take(message);
    }
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.#failure = fromSystem('no process could be started', error).message;
        clearTimeout(this.#timer);
        resolve();
      });
      this.child.once('close', (code, signal) => {
        this.#ended = signal ?? `the exit code ${code}`;
        clearTimeout(this.#timer);
        resolve();
      });
    });
  }

  /** Removes what a child left that died. */
  async tidy(): Promise<void> {
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
    const end = this.#isStuck ? 'does not come to an end' : `ended a process by ${this.#ended}`;
    return [{ kind: 'structure', flaw: 'process', text: `${this.#doing} ${end}` }];
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isStuck = true;
      this.child.kill('SIGKILL');
    }, this.options.patience ?? PATIENCE);
  }

  #take(message: Message): void {
    if (message.type === 'progress') this.options.onProgress?.(message.pages);
    else if (message.type === 'flaw') this.#flaws.push(message.flaw);
    else if (message.type === 'walked') this.#walked(message);
    else if (message.type === 'failed') this.#failure = message.message;
    else this.#isDone = true;
  }

  #walked({ probe }: Message & { readonly type: 'walked' }): void {
    this.#doing = 'opening the database';
    this.#probe = probe;
  }
}

/** A message; undefined for a line that broke off when the child died. */
function parsed(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message;
  } catch {
    return undefined;
  }
}
