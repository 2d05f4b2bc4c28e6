/**
 * The service that coordinates several proxies cannot be reached, or a lock was lost. The
 * request can be retried.
 */
export class CoordinationUnavailable extends Error {
  override readonly name = 'CoordinationUnavailable';
}

/**
 * Returns the message of a thrown value. Checks its shape, not its class, since values
 * cross realms (workers, test runners).
 */
export function messageOf(thrown: unknown): string {
  const message = property(thrown, 'message');
  return message === undefined || message === '' ? codeOf(thrown) || String(thrown) : message;
}

/** The system's reasons that are plainer than its own text. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'unknown host name',
};

/**
 * Returns the system's reason for an error of a file or a connection, without its error
 * number and the call that failed.
 */
export function systemReason(thrown: unknown): string {
  const [code, message] = [codeOf(thrown), messageOf(thrown)];
  const reason = REASONS[code];
  if (reason !== undefined) return reason;
  // such as `EACCES: permission denied, open 'x'`
  if (code === '' || !message.startsWith(`${code}: `)) return message;
  return message.slice(code.length + 2).split(',')[0] ?? message;
}

/** Returns the code that errors of Node and undici carry, or an empty string. */
export function codeOf(thrown: unknown): string {
  return property(thrown, 'code') ?? '';
}

function property(thrown: unknown, name: string): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const value: unknown = Reflect.get(thrown, name);
  return typeof value === 'string' ? value : undefined;
}
