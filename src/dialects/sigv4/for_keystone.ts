import type { Credential } from '../../auth/credential';
import { toText } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { Ec2Request } from '../../auth/keystone_credentials';
import { EMPTY_SHA256, sign, signingKey, stringToSign } from './canonical';
import { ALGORITHM, formatScope, type Signing } from './signing';

/**
 * Returns a request that proves to Keystone that we own a credential. It is not a
 * client's request: Keystone ignores the query of a POST when it checks signatures, so
 * many clients' signatures would be invalid. No other service acts on it either.
 *
 * @param host of Keystone
 * @param now milliseconds since 1970
 */
export function signForKeystone(
  { accessKey, secretKey }: Credential,
  host: string,
  now: number,
): Ec2Request {
  const timestamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const [verb, path] = ['POST', '/v3/ec2tokens'];
  const signing: Signing = {
    from: 'header',
    accessKey,
    scope: { date: timestamp.slice(0, 8), region: 'us-east-1' },
    signedHeaders: ['host', 'x-amz-date'],
    signature: '',
    timestamp,
    expires: undefined,
    payload: EMPTY_SHA256,
    mayBeOfNothing: false,
  };
  const headers = Headers.of({ Host: host, 'X-Amz-Date': timestamp });
  const text = stringToSign({ method: verb, path, headers, query: new Map() }, signing);
  const signature = sign(signingKey(secretKey, signing.scope), text);
  const access = toText(accessKey);
  const authorization = `${ALGORITHM} Credential=${access}/${formatScope(signing.scope)}, SignedHeaders=${signing.signedHeaders.join(';')}, Signature=${signature}`;
  return {
    access,
    signature,
    host,
    verb,
    path,
    params: {},
    headers: { Host: host, 'X-Amz-Date': timestamp, Authorization: authorization },
    body_hash: EMPTY_SHA256,
  };
}
