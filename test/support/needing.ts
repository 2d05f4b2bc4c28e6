import { existsSync } from 'node:fs';

/** A program that tests need, and that is not Node's. */
export interface Needed {
  /** As people call it. */
  readonly name: string;
  /** A file that is there where it is installed. */
  readonly file: string;
  /** The Debian package that it is of. */
  readonly from: string;
}

/** A suite that needs a program of this machine. Without that it does not run, which is said loudly, and is a failure where CI is set. */
export function describeNeeding({ name, file, from }: Needed, title: string, suite: () => void): void {
  if (existsSync(file)) {
    describe(title, suite);
    return;
  }
  const message = `No ${name} on this machine: the tests that need it DO NOT RUN. Install ${from}.`;
  if (process.env['CI']) throw new Error(message);
  process.stderr.write(`\n${'!'.repeat(100)}\n${message}\n${'!'.repeat(100)}\n\n`);
  describe.skip(`${title} (NOT RUN: no ${name})`, () => it(`needs ${name}`, () => undefined));
}
