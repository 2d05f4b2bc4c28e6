import { unauthorised } from '../../src/swift_api/responses';
import type { Authorise } from '../../src/swift_api/message';
import type { ContainerTarget } from '../../src/swift_api/target';
import type { Key } from './keys';

/**
 * Lets a signed request reach only what its key covers, even through copies, symlinks and
 * the segments of large objects.
 */
export function authoriseWithin(
  { account, container }: ContainerTarget,
  scope: Key['scope'],
): Authorise {
  return ({ target }) => {
    const isInside =
      target.account === account && (scope === 'account' || target.container === container);
    return isInside ? undefined : unauthorised(target.account);
  };
}
