import { unquote, type ByteString } from '../../src/http/bytes';
import type { Headers } from '../../src/http/headers';
import type { Request } from '../../src/http/message';
import type { Target } from '../../src/http/path';
import { bucketOfParts } from '../../src/reserved';
import type { OwnersRight } from './owners';

/** An account in whose containers of parts something is to be read or written. */
export interface Reached extends Pick<Target, 'version' | 'account'> {
  readonly right: OwnersRight;
}

/** Headers that name a container as `container/object`, those that name its account, and what that is for. */
const NAMING = [
  ['destination', 'destination-account', 'write'],
  ['x-copy-from', 'x-copy-from-account', 'read'],
  ['x-symlink-target', 'x-symlink-target-account', 'read'],
  ['x-object-manifest', undefined, 'read'],
] as const;

/** What the headers of a request name of the parts of uploads. */
export function reachedByHeaders({ headers }: Request, target: Target): Reached[] {
  return NAMING.flatMap(([name, accountName, right]): Reached[] => {
    if (!leadsToParts(unquote(headers.get(name) ?? ''))) return [];
    const given = accountName === undefined ? undefined : headers.get(accountName);
    const account = unquote(given ?? '') || target.account;
    return [{ version: target.version, account, right }];
  });
}

/** Whether what is read according to an answer's headers is made of parts of uploads, or is one. */
export function isReadFromParts(headers: Headers): boolean {
  return leadsToParts(unquote(headers.get('x-object-manifest') ?? ''));
}

/** Whether a path below an account leads into a container of parts. */
export function leadsToParts(path: ByteString): boolean {
  const [container = ''] = path.replace(/^\/+/, '').split('/');
  return bucketOfParts(container) !== undefined;
}
