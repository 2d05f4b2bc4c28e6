import { readFileSync } from 'node:fs';
import { codeOf, systemReason } from '../util/errors';
import { ConfigError } from './error';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'a folder, not a file',
};

/**
 * Returns the text of a configuration.
 *
 * @throws ConfigError if the file cannot be read
 */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const cause = REASONS[codeOf(error)] ?? systemReason(error);
    throw new ConfigError([{ file, line: undefined, cause }]);
  }
}
