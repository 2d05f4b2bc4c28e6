import { ServiceAuthority } from './grants';
import { unquote, type ByteString } from '../../http/bytes';
import { parseTarget, type Target } from '../target';

/**
 * Requests that the proxy makes as the service user without a client's right. This list
 * is closed: a lint rule says which modules may import it, and none of them passes a
 * response on to a client unchanged.
 */

/**
 * For the settings, the quota or the signing keys in the headers of an account or a
 * container.
 */
export function headersAuthority({ account, container }: Target): ServiceAuthority {
  const scope = container === undefined ? { account } : { account, container };
  return ServiceAuthority.over('to read headers', [{ ...scope, methods: ['HEAD'] }]);
}

const ALL = ['HEAD', 'GET', 'PUT', 'POST', 'DELETE'];

/**
 * For the proxy's own container in the service user's account.
 *
 * @param accountPath as the login returned it
 */
export function ownContainerAuthority(
  accountPath: string,
  container: ByteString,
): ServiceAuthority {
  const account = parseTarget(accountPath)?.account ?? unquote(accountPath);
  return ServiceAuthority.over('over a container of the proxy', [
    { account, container, methods: ALL },
    { account, container, object: { prefix: '' }, methods: ALL },
  ]);
}
