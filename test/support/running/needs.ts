import { existsSync } from 'node:fs';

/** A program that tests need and npm does not install. */
export interface Need {
  /** Its name in messages. */
  readonly name: string;
  /** A file whose presence shows that it is installed. */
  readonly file: string;
  /** The command that installs it. */
  readonly install: string;
}

/** The command that installs a Debian package. */
export const aptInstall = (debianPackage: string) => `apt-get install ${debianPackage}`;

export const CURL: Need = { name: 'curl', file: '/usr/bin/curl', install: aptInstall('curl') };

/**
 * Declares a suite that needs a program of this machine. Without it the suite is reported
 * as not run.
 */
export function describeNeeding(need: Need, title: string, suite: () => void): void {
  if (existsSync(need.file)) describe(title, suite);
  else describeNotRun(need, title);
}

/**
 * Stands in for a suite that cannot run because a program is missing. The reporter prints
 * one line for all suites that need the same program, and fails the run if CI is set; it
 * reads the program's name from this title.
 */
export function describeNotRun({ name, install }: Omit<Need, 'file'>, title: string): void {
  describe.skip(`${title} (NOT RUN: no ${name}; install it: ${install})`, () =>
    it(`needs ${name}`, () => undefined));
}
