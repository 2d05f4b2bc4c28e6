/** A mistake in a configuration. */
export interface Mistake {
  readonly file: string;
  /** Undefined if it concerns the file as a whole. */
  readonly line: number | undefined;
  /** The cause, and the known alternatives. */
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
