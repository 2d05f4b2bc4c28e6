/** The command was called in a way that cannot work; the message says which would. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
