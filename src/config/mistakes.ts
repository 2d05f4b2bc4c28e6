import { ConfigError, type Mistake } from './error';

/** Collects the mistakes of one configuration, to report all of them at once. */
export class Mistakes {
  private readonly mistakes: Mistake[];

  /** @param file the name of the configuration in messages */
  constructor(
    readonly file: string,
    mistakes: Mistake[] = [],
  ) {
    this.mistakes = mistakes;
  }

  add(line: number | undefined, cause: string): void {
    this.mistakes.push({ file: this.file, line, cause });
  }

  /** Returns a view of this collection for another file that the configuration names. */
  forFile(file: string): Mistakes {
    return new Mistakes(file, this.mistakes);
  }

  /** @throws ConfigError with all mistakes, in the order of their lines */
  throwIfAny(): void {
    if (this.mistakes.length === 0) return;
    const inFile = ({ file }: Mistake) => Number(file !== this.file);
    const sorted = this.mistakes.toSorted(
      (a, b) =>
        inFile(a) - inFile(b) || a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0),
    );
    throw new ConfigError(sorted);
  }
}
