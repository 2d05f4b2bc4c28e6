import { ServiceAuthority } from './grants';
import { unquote, type ByteString } from '../../http/bytes';
import { parseTarget, type Target } from '../target';

/**
 * What the proxy asks in the service user's name on no client's right. This list is closed: which modules may import it is a
 * rule of the lint, and none of them hands an answer to a client as it came.
 */

/** For the settings, the quota or the signing keys that an account or a container has in its headers. */
export function lookAtHeaders({ account, container }: Target): ServiceAuthority {
  const place = container === undefined ? { account } : { account, container };
  return ServiceAuthority.over('to look at headers', [{ ...place, methods: ['HEAD'] }]);
}

const ALL = ['HEAD', 'GET', 'PUT', 'POST', 'DELETE'];

/**
 * For the proxy's own container in the service user's own account.
 *
 * @param accountPath as the login returned it
 */
export function keepOwnContainer(accountPath: string, container: ByteString): ServiceAuthority {
  const account = parseTarget(accountPath)?.account ?? unquote(accountPath);
  return ServiceAuthority.over('over a container of the proxy', [
    { account, container, methods: ALL },
    { account, container, object: { prefix: '' }, methods: ALL },
  ]);
}
