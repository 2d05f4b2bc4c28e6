import { unquote, type ByteString } from '../../src/http/bytes';
import type { Request, Response } from '../../src/swift_api/message';
import {
  parseQuery,
  parseTarget,
  type ObjectTarget,
  type Target,
} from '../../src/swift_api/target';
import { bucketOfParts } from '../../src/swift_api/reserved';
import type { Reached } from './owners';
import {
  X_COPY_FROM,
  X_COPY_FROM_ACCOUNT,
  X_OBJECT_MANIFEST,
  X_SYMLINK_TARGET,
  X_SYMLINK_TARGET_ACCOUNT,
} from '../../src/swift_api/header_names';

/**
 * Headers that name a container as `container/object`, the headers that name its account,
 * and the right needed.
 */
const NAMING = [
  ['destination', 'destination-account', 'write'],
  [X_COPY_FROM, X_COPY_FROM_ACCOUNT, 'read'],
  [X_SYMLINK_TARGET, X_SYMLINK_TARGET_ACCOUNT, 'read'],
  [X_OBJECT_MANIFEST, undefined, 'read'],
] as const;

/** Returns the parts of uploads that the headers of a request refer to. */
export function accessesByHeaders({ headers }: Request, target: Target): Reached[] {
  return NAMING.flatMap(([name, accountName, right]): Reached[] => {
    if (!leadsToParts(unquote(headers.get(name) ?? ''))) return [];
    const otherAccount = accountName === undefined ? undefined : headers.get(accountName);
    const account = unquote(otherAccount ?? '') || target.account;
    return [{ version: target.version, account, right }];
  });
}

/**
 * Returns the parts of uploads that a response to GET or HEAD shows: as a dynamic large
 * object, or behind a link.
 */
export function accessesByReading(
  { status, headers }: Response,
  { query }: Request,
  { version, account }: ObjectTarget,
): Reached[] {
  if (status >= 300) return [];
  const isWhole = parseQuery(query).get('multipart-manifest') !== 'get';
  const isDynamic = isWhole && leadsToParts(unquote(headers.get(X_OBJECT_MANIFEST) ?? ''));
  const location = parseTarget((headers.get('content-location') ?? '').replace(/\?.*$/s, ''));
  const isPart = bucketOfParts(location?.container ?? '') !== undefined;
  return [
    ...(isDynamic ? [{ version, account, right: 'read' } as const] : []),
    ...(location && isPart
      ? [{ version: location.version, account: location.account, right: 'read' } as const]
      : []),
  ];
}

/** Whether a path below an account leads into a parts container. */
export function leadsToParts(path: ByteString): boolean {
  const [container = ''] = path.replace(/^\/+/, '').split('/');
  return bucketOfParts(container) !== undefined;
}
