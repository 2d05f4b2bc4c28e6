import { existsSync } from 'node:fs';

/** A program that tests need and that npm does not install. */
export interface Need {
  /** As people call it. */
  readonly name: string;
  /** A file by which it is recognised. */
  readonly file: string;
  /** The command that installs it. */
  readonly install: string;
}

/** The command that installs a Debian package. */
export const aptInstall = (debianPackage: string) => `apt-get install ${debianPackage}`;

/** A suite that needs a program of this machine. Without it the suite is reported as not run. */
export function describeNeeding(need: Need, title: string, suite: () => void): void {
  if (existsSync(need.file)) describe(title, suite);
  else describeNotRun(need, title);
}

/**
 * Stands for a suite that cannot run for want of a program. The reporter makes one line of all that want the same, and
 * fails the run if CI is set; it reads what is missing from this title.
 */
export function describeNotRun({ name, install }: Omit<Need, 'file'>, title: string): void {
  describe.skip(`${title} (NOT RUN: no ${name}; install it: ${install})`, () =>
    it(`needs ${name}`, () => undefined));
}
