/** What is wrong with a configuration, in one place. */
export interface Mistake {
  readonly file: string;
  /** Undefined if it is about the file as a whole. */
  readonly line: number | undefined;
  /** The cause, and what is known instead. */
  readonly cause: string;
}

/** A configuration that cannot be used; the message has a line for each mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly mistakes: readonly Mistake[]) {
    super(mistakes.map(formatMistake).join('\n'));
  }
}

function formatMistake({ file, line, cause }: Mistake): string {
  return line === undefined ? `${file}: ${cause}` : `${file}:${line}: ${cause}`;
}
