import { codeOf, messageOf } from '../util/errors';

/** The server cannot start; the message names the option to change. */
export class StartError extends Error {
  override readonly name = 'StartError';

  constructor(
    message: string,
    /** The code of the system's error. */
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use: stop the program that listens there, or choose another bind_port',
  EACCES: 'is reserved for root: choose a bind_port of 1024 or more',
  EADDRNOTAVAIL: 'is not an address of this machine: correct bind_ip',
  ENOTFOUND: 'has an unknown host name: correct bind_ip',
};

/** Returns the error of a server that could not bind to its address. */
export function bindError(error: unknown, port: number, host: string): StartError {
  const code = codeOf(error);
  const cause =
    REASONS[code] ?? `cannot be bound to (${messageOf(error)}): correct bind_ip and bind_port`;
  return new StartError(`${host}:${port} ${cause}`, code, { cause: error });
}
