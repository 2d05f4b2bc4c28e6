import { unauthorised } from '../responses';
import type { Authorise } from '../message';
import type { ContainerTarget, Target } from '../target';
import type { Key } from './keys';

/**
 * Whether a place is within the scope of the key that signed for a target (Swift's
 * `authorize_same_account` and `authorize_same_container`).
 */
export function isWithin(
  scope: Key['scope'],
  { account, container }: ContainerTarget,
  place: Target,
): boolean {
  return place.account === account && (scope === 'account' || place.container === container);
}

/**
 * Lets a signed request reach only what its key covers, even through copies, symlinks and
 * the segments of large objects.
 */
export function authoriseWithin(signed: ContainerTarget, scope: Key['scope']): Authorise {
  return ({ target, isOfPart = false }) =>
    isWithin(scope, signed, target) && !(isOfPart && scope === 'container')
      ? undefined
      : unauthorised(target.account);
}
