import { chmodSync, cpSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, type Ended } from '../../support/clients/command';
import { ROOT } from '../../support/running/paths';

const SETTINGS = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/** A command that shows how it was called, and a filter: they are compiled quickly. */
const SMALL_SOURCES = {
  'src/cli.ts': "process.stdout.write(`called: ${process.argv.slice(2).join(' ')}\\n`);\n",
  'middleware/filter.ts': 'export const filter = 1;\n',
};

/** A clone of the project in which nothing is installed or built. */
export class Clone {
  private constructor(readonly folder: string) {
    for (const path of [...SETTINGS, 'tools', 'config']) this.#copy(path);
    // older than the packages that it is given
    utimesSync(join(folder, 'package-lock.json'), 1, 1);
  }

  /** With all sources, and what was built of them here. */
  static whole(folder: string): Clone {
    const clone = new Clone(folder);
    for (const path of ['src', 'middleware', 'dist']) clone.#copy(path);
    clone.#install();
    return clone;
  }

  /** With two small sources. */
  static small(folder: string, isInstalled = true): Clone {
    const clone = new Clone(folder);
    for (const [path, text] of Object.entries(SMALL_SOURCES)) clone.write(path, text);
    if (isInstalled) clone.#install();
    return clone;
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.folder, path, '..'), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Replaces npm by a program that installs in no time. @returns the PATH to find it */
  replaceNpm(): string {
    this.write('bin/npm', `#!/bin/sh\necho "npm $*"\nln -s ${ROOT}/node_modules node_modules\n`);
    chmodSync(join(this.folder, 'bin/npm'), 0o755);
    return `${join(this.folder, 'bin')}:${process.env['PATH'] ?? ''}`;
  }

  /** Runs a program in it until that ends. */
  run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return run(program, args, { cwd: this.folder, env: { ...process.env, ...env } });
  }

  #copy(path: string): void {
    const [from, to] = [join(ROOT, path), join(this.folder, path)];
    cpSync(from, to, { recursive: true, preserveTimestamps: true });
  }

  #install(): void {
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
  }
}
