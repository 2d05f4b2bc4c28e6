import type { ByteString } from '../../http/bytes';
import { headersAuthority } from '../authority/closed_list';
import { SwiftClient } from '../client';
import type { Handler, Request } from '../message';
import type { ContainerTarget, Target } from '../target';

/**
 * A key that the owners of an account or a container have set, and the scope of its
 * signatures.
 */
export interface Key {
  readonly value: ByteString;
  readonly scope: 'account' | 'container';
}

/**
 * Reads the keys of a container and of its account: X-Account-Meta-Temp-Url-Key,
 * X-Container-Meta-Temp-Url-Key, and -2 of both.
 */
export async function readTempUrlKeys(
  request: Request,
  target: ContainerTarget,
  next: Handler,
): Promise<Key[]> {
  const { version, account, container } = target;
  const [accountKeys, containerKeys] = await Promise.all([
    readKeys(request, { version, account }, 'account', next),
    readKeys(request, { version, account, container }, 'container', next),
  ]);
  return [...accountKeys, ...containerKeys];
}

async function readKeys(
  request: Request,
  target: Target,
  scope: Key['scope'],
  next: Handler,
): Promise<Key[]> {
  const response = await new SwiftClient(next, request, headersAuthority(target)).head(target);
  if (response.status >= 300) return [];
  const names = [`x-${scope}-meta-temp-url-key`, `x-${scope}-meta-temp-url-key-2`];
  return names.flatMap((name) => {
    const value = response.headers.get(name);
    return value ? [{ value, scope }] : [];
  });
}
