import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { systemReason } from '../util/errors';

/** A secret is a line; a larger file is not the one that was meant. */
const MAX_SIZE = 64 * 1024;

/** The permissions of others than the owner. */
const OTHERS = 0o077;

/** A file that is not taken for a secret; the message names it, and the cause. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
}

/**
 * The secrets that a configuration reads from files. Each file is read once: the workers
 * of a server, also those that are started later, have the same secrets as their primary
 * process.
 */
export class SecretFiles {
  readonly #known: Map<string, string>;

  /** @param known the secrets that another process has read, by their files */
  constructor(known: Readonly<Record<string, string>> = {}) {
    this.#known = new Map(Object.entries(known));
  }

  /** All that was read, by their files. */
  get known(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#known);
  }

  /**
   * Returns the content of a file without the newline at its end.
   *
   * @throws SecretFileError
   */
  read(file: string): string {
    const secret = this.#known.get(file) ?? readSecret(file);
    this.#known.set(file, secret);
    return secret;
  }
}

function readSecret(file: string): string {
  const bytes = readBytes(file);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SecretFileError(`${file} is not text in UTF-8`);
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new SecretFileError(`${file} is empty`);
  if (/[\r\n]/.test(secret)) throw new SecretFileError(`${file} has more than one line`);
  return secret;
}

function readBytes(file: string): Buffer {
  try {
    // a pipe must not keep the start waiting, and only an open file cannot be exchanged
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      refuseUnsafe(file, stats);
      const bytes = Buffer.alloc(stats.size);
      return bytes.subarray(0, readSync(fd, bytes));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof SecretFileError) throw error;
    throw new SecretFileError(`${file}: ${systemReason(error)}`, { cause: error });
  }
}

/** @throws SecretFileError */
function refuseUnsafe(file: string, stats: Stats): void {
  if (!stats.isFile()) throw new SecretFileError(`${file} is not a regular file`);
  if ((stats.mode & OTHERS) !== 0)
    throw new SecretFileError(`others than its owner have access to ${file}: chmod 600 ${file}`);
  if (stats.size > MAX_SIZE)
    throw new SecretFileError(`${file} has more than ${MAX_SIZE / 1024} KiB`);
}
