import { codeOf, messageOf } from '../util/errors';

/** A server that cannot start, with the option that helps. */
export class StartError extends Error {
  override readonly name = 'StartError';

  constructor(
    message: string,
    /** Of the system's error. */
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const NOT_BOUND: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use: stop the program that listens there, or choose another bind_port',
  EACCES: 'may be bound to by root only: choose a bind_port from 1024 on',
  EADDRNOTAVAIL: 'is no address of this machine: correct bind_ip',
  ENOTFOUND: 'is not known as a host: correct bind_ip',
};

/** The error of a server that could not bind to its address. */
export function notListening(error: unknown, port: number, host: string): StartError {
  const code = codeOf(error);
  const cause =
    NOT_BOUND[code] ?? `cannot be bound to (${messageOf(error)}): correct bind_ip and bind_port`;
  return new StartError(`${host}:${port} ${cause}`, code, { cause: error });
}
