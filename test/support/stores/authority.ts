import {
  Right,
  ServiceAuthority,
  type Authority,
  type Power,
} from '../../../src/swift_api/authority/grants';
import { parseTarget } from '../../../src/swift_api/target';

/**
 * An authority for everything, for tests of code behind the filters. The product has
 * none.
 */
export function unlimited(): ServiceAuthority {
  const authority = ServiceAuthority.over('to anything, in a test', []);
  authority.check = () => undefined;
  authority.reaches = () => true;
  return authority;
}

/** An unlimited authority, or the client's if there is no service user. */
export function anyAuthority(power: Power): Authority {
  return power === 'client' ? 'client' : unlimited();
}

/** A right as an app would have established it. */
export function rightTo(kind: Right['kind'], path: string): Right {
  const target = parseTarget(path);
  if (target === undefined) throw new Error(`${path} is no path`);
  return Right.established(kind, target);
}
