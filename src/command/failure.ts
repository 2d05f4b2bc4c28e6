import { ConfigError } from '../config/error';
import { codeOf, messageOf, systemReason } from '../util/errors';
import { UsageError } from './usage_error';

/**
 * Returns what the command prints if it fails: one line for what a person can correct,
 * and the stack of a bug.
 */
export function describeFailure(error: unknown): string {
  if (error instanceof ConfigError || error instanceof UsageError) return error.message;
  if (isSystemError(error)) {
    const { path } = error;
    return path === undefined ? systemReason(error) : `${path}: ${systemReason(error)}`;
  }
  if (codeOf(error) !== '') return messageOf(error);
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Checks its shape, not its class, as `messageOf` does. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return (
    typeof error === 'object' &&
    error !== null &&
    'errno' in error &&
    typeof error.errno === 'number'
  );
}
