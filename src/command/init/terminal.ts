import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from '../usage_error';
import type { Person } from './interview';

/** The person at the terminal of this process. */
export class Terminal implements Person {
  #isHidden = false;
  readonly #lines: Interface;
  readonly #closed: Promise<never>;

  constructor() {
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (!this.#isHidden) process.stdout.write(chunk);
        done();
      },
    });
    this.#lines = createInterface({ input: process.stdin, output, terminal: true });
    this.#closed = new Promise((_resolve, reject) =>
      this.#lines.once('close', () => reject(new UsageError('nothing was written'))),
    );
    this.#closed.catch(() => undefined);
  }

  /** Returns the terminal; undefined if this process has none. */
  static find(): Terminal | undefined {
    return process.stdin.isTTY && process.stdout.isTTY ? new Terminal() : undefined;
  }

  /** @throws UsageError if the person ends the input */
  async ask(question: string, isSecret = false): Promise<string> {
    const answer = new Promise<string>((resolve) => this.#lines.question(question, resolve));
    this.#isHidden = isSecret;
    try {
      return await Promise.race([answer, this.#closed]);
    } finally {
      this.#isHidden = false;
      if (isSecret) process.stdout.write('\n');
    }
  }

  print(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  close(): void {
    this.#lines.close();
  }
}
