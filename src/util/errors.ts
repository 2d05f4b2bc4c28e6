/** What several proxies agree by cannot be asked now, or a lock that it kept was lost. What was asked for can be tried again. */
export class CoordinationUnavailable extends Error {
  override readonly name = 'CoordinationUnavailable';
}

/** What a thrown value says of itself; asks for its shape and not its class, since values cross realms (workers, test runners). */
export function messageOf(thrown: unknown): string {
  const message = property(thrown, 'message');
  return message === undefined || message === '' ? codeOf(thrown) || String(thrown) : message;
}

/** What the system says of a file, without its error number and the call that failed. */
export function systemReason(thrown: unknown): string {
  const [code, message] = [codeOf(thrown), messageOf(thrown)];
  if (code === 'ENOENT') return 'no such file or folder';
  // as in `EACCES: permission denied, open 'x'`
  if (code === '' || !message.startsWith(`${code}: `)) return message;
  return message.slice(code.length + 2).split(',')[0] ?? message;
}

/** The code that Node's and undici's errors carry, or an empty string. */
export function codeOf(thrown: unknown): string {
  return property(thrown, 'code') ?? '';
}

function property(thrown: unknown, name: string): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const value: unknown = Reflect.get(thrown, name);
  return typeof value === 'string' ? value : undefined;
}
