import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** What a process requested from the system, or got from it, in order. */
export type Event =
  | { readonly type: 'open'; readonly fd: number; readonly path: string; readonly flags: string }
  /** Bytes to an offset of a file; undefined: appended. `finish` has the same number. */
  | {
      readonly type: 'write';
      readonly call: number;
      readonly fd: number;
      readonly bytes: Buffer;
      readonly at: number | undefined;
    }
  | { readonly type: 'seek'; readonly fd: number; readonly at: number }
  | { readonly type: 'truncate'; readonly call: number; readonly fd: number; readonly size: number }
  | { readonly type: 'rename'; readonly from: string; readonly to: string }
  | { readonly type: 'unlink'; readonly path: string }
  | { readonly type: 'mkdir'; readonly path: string }
  | { readonly type: 'sync'; readonly call: number; readonly fd: number }
  /** The end of a write, a truncation or a sync. */
  | { readonly type: 'finish'; readonly call: number }
  /** What the process printed. */
  | { readonly type: 'said'; readonly text: string };

const CALLS = [
  'openat,open,creat,lseek,write,writev,pwrite64,pwritev,pwritev2,truncate,ftruncate,fallocate',
  'copy_file_range,sendfile,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat',
  'rmdir,mkdir,mkdirat,close,fsync,fdatasync,sync,syncfs,sync_file_range,mmap,dup,dup2,dup3,io_uring_setup',
];

/** Returns a command under strace, which writes to a file what `readTrace` reads. */
export function traced(file: string, command: readonly string[]): string[] {
  const recipe = ['-f', '-qq', '-xx', '-s', String(2 ** 24), '-o', file];
  return ['strace', ...recipe, '-e', `trace=${CALLS.join(',')}`, ...command];
}

/** Reads what a process did below a folder. */
export async function* readTrace(file: string, folder: string): AsyncGenerator<Event> {
  const reader = new Reader(folder);
  for await (const line of createInterface({ input: createReadStream(file) }))
    yield* reader.read(line);
}

const STANDARD_OUTPUT = 1;

/** A call that has begun but not ended. */
interface PendingCall {
  readonly call: number;
  readonly text: string;
}

class Reader {
  readonly #folder: string;
  readonly #unfinished = new Map<string, PendingCall>();
  /** Descriptors of files below the folder. */
  readonly #fds = new Set<number>();
  #call = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Yields the events of one line: a whole call, its beginning or its end. */
  *read(line: string): Generator<Event> {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const end = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    if (end !== undefined) {
      const beginning = this.#unfinished.get(thread);
      this.#unfinished.delete(thread);
      if (beginning !== undefined) yield* this.#end(beginning.call, beginning.text + end);
      return;
    }
    const text = rest.replace(/ <unfinished \.\.\.>$/, '');
    const call = ++this.#call;
    yield* this.#begin(call, text);
    if (text !== rest) this.#unfinished.set(thread, { call, text });
    else yield* this.#end(call, text);
  }

  /** Yields what may take effect from the beginning. */
  *#begin(call: number, text: string): Generator<Event> {
    const fd = Number(/^\w+\((\d+)/.exec(text)?.[1]);
    const [name = ''] = /^\w+/.exec(text) ?? [];
    if (name === 'write' && fd === STANDARD_OUTPUT)
      yield { type: 'said', text: Buffer.concat(stringsIn(text)).toString() };
    if (!this.#fds.has(fd)) return;
    const last = Number(/, (-?\d+)\)?(?: += .*)?$/.exec(text)?.[1]);
    switch (name) {
      case 'write':
      case 'writev':
        yield { type: 'write', call, fd, bytes: Buffer.concat(stringsIn(text)), at: undefined };
        break;
      case 'pwrite64':
      case 'pwritev':
        yield { type: 'write', call, fd, bytes: Buffer.concat(stringsIn(text)), at: last };
        break;
      case 'ftruncate':
        yield { type: 'truncate', call, fd, size: last };
        break;
      case 'fsync':
      case 'fdatasync':
        yield { type: 'sync', call, fd };
        break;
      case 'close':
        // from here on another file may get the number
        this.#fds.delete(fd);
        break;
      case 'lseek':
        break;
      default:
        throw new Error(`a call that no disk was made for: ${text.slice(0, 100)}`);
    }
  }

  /** Yields what takes effect, or is known to have done so, at the end. */
  *#end(call: number, text: string): Generator<Event> {
    const [, name = '', result = ''] = /^(\w+)\(.* = (-?\w+)[^"]*$/.exec(text) ?? [];
    const value = Number(result);
    if (value < 0 || result === '?') return;
    const [first = '', second = ''] = /^(?:open|rename|unlink|mkdir|rmdir|link|symlink)/.test(name)
      ? stringsIn(text).map((each) => each.toString())
      : [];
    const isOurs = first.startsWith(`${this.#folder}/`) || first === this.#folder;
    switch (name) {
      case 'openat':
      case 'open':
        this.#fds.delete(value);
        if (!isOurs) break;
        this.#fds.add(value);
        yield { type: 'open', fd: value, path: first, flags: text.replace(/"[^"]*"/g, '') };
        break;
      case 'lseek':
        yield { type: 'seek', fd: Number(/\((\d+)/.exec(text)?.[1]), at: value };
        break;
      case 'rename':
      case 'renameat':
      case 'renameat2':
        if (isOurs) yield { type: 'rename', from: first, to: second };
        break;
      case 'unlink':
        if (isOurs) yield { type: 'unlink', path: first };
        break;
      case 'mkdir':
      case 'mkdirat':
        if (isOurs) yield { type: 'mkdir', path: first };
        break;
      case 'mmap':
        this.#checkMapping(text);
        break;
      case 'close':
        break;
      default:
        if (isOurs || name === 'io_uring_setup')
          throw new Error(`a call that no disk was made for: ${text.slice(0, 100)}`);
        yield { type: 'finish', call };
    }
  }

  /** Writes through a mapping are not traced: only LMDB's lock file may have one. */
  #checkMapping(text: string): void {
    const [, protection = '', sharing = '', fd] =
      /, (PROT_\S+), (MAP_\S+), (\d+), \w+\)/.exec(text) ?? [];
    if (!this.#fds.has(Number(fd)) || !sharing.includes('SHARED')) return;
    if (protection.includes('WRITE') && Number(/NULL, (\d+)/.exec(text)?.[1]) > 2 ** 20)
      throw new Error(`written by a mapping: ${text}`);
  }
}

/** Returns the strings of a call, all in the form `"\x00\x01"`. */
function stringsIn(text: string): Buffer[] {
  return [...text.matchAll(/"([^"]*)"(\.\.\.)?/g)].map(([, hex = '', cut]) => {
    if (cut !== undefined) throw new Error('the trace leaves bytes out');
    return Buffer.from(hex.replaceAll('\\x', ''), 'hex');
  });
}
