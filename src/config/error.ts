/** A configuration that cannot be used; the message names the file, the line, the cause and what is known instead. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(file: string, line: number | undefined, cause: string) {
    super(line === undefined ? `${file}: ${cause}` : `${file}:${line}: ${cause}`);
  }
}
