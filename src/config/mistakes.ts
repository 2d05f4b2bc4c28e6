import { ConfigError, type Mistake } from './error';

/** Collects the mistakes of one configuration, so that all of them are reported at once. */
export class Mistakes {
  private readonly found: Mistake[];

  /** @param file what messages call the configuration */
  constructor(
    readonly file: string,
    found: Mistake[] = [],
  ) {
    this.found = found;
  }

  add(line: number | undefined, cause: string): void {
    this.found.push({ file: this.file, line, cause });
  }

  /** The same collection for a file that the configuration names. */
  of(file: string): Mistakes {
    return new Mistakes(file, this.found);
  }

  /** @throws ConfigError with all that were found, in the order of their lines */
  throwAny(): void {
    if (this.found.length === 0) return;
    const inFile = ({ file }: Mistake) => Number(file !== this.file);
    const sorted = this.found.toSorted(
      (a, b) =>
        inFile(a) - inFile(b) || a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0),
    );
    throw new ConfigError(sorted);
  }
}
