import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemReason } from '../../../util/errors';

/** Reads pieces of a database's file. Nothing is mapped, and nothing kept. */
export class PageFile {
  private constructor(private readonly fd: number) {}

  /** @throws the system's error; an `Error` if it is no regular file */
  static open(file: string): PageFile {
    // nobody may write to a pipe, so its opening is not waited for
    const opened = new PageFile(openSync(file, constants.O_RDONLY | constants.O_NONBLOCK));
    if (fstatSync(opened.fd).isFile()) return opened;
    opened.close();
    throw new Error('it is no regular file');
  }

  /** In bytes, now. */
  size(): number {
    return fstatSync(this.fd).size;
  }

  /**
   * Fills the beginning of a buffer.
   *
   * @returns why it could not be read, or undefined if it was
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
