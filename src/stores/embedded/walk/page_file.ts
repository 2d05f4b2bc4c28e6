import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemReason } from '../../../util/errors';

/** Reads pieces of a database file. Maps nothing, and caches nothing. */
export class PageFile {
  private constructor(private readonly fd: number) {}

  /** @throws the system's error; an `Error` if it is not a regular file */
  static open(file: string): PageFile {
    // does not wait for a writer if the file is a pipe
    const opened = new PageFile(openSync(file, constants.O_RDONLY | constants.O_NONBLOCK));
    if (fstatSync(opened.fd).isFile()) return opened;
    opened.close();
    throw new Error('it is not a regular file');
  }

  /** The current size in bytes. */
  size(): number {
    return fstatSync(this.fd).size;
  }

  /**
   * Reads `length` bytes into the beginning of a buffer.
   *
   * @returns why they could not be read, or undefined if they were
   */
  read(buffer: Buffer, length: number, position: number): string | undefined {
    if (!Number.isSafeInteger(position + length)) return 'lies beyond the end of the file';
    try {
      for (let done = 0; done < length;) {
        const count = readSync(this.fd, buffer, done, length - done, position + done);
        if (count === 0) return 'lies beyond the end of the file';
        done += count;
      }
      return undefined;
    } catch (error) {
      return `cannot be read: ${systemReason(error)}`;
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}
