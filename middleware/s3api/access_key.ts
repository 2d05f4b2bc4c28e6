import { soleValue } from '../../src/dialects/query';
import type { ByteString } from '../../src/http/bytes';
import { readCredential } from '../../src/dialects/sigv4/signing';
import type { Request } from '../../src/swift_api/message';

/**
 * Returns the access key that a request names, in its URL or in `Authorization`, without
 * verifying anything; undefined if it names none, or more than one.
 */
export function accessKeyIn({ headers, query }: Request): ByteString | undefined {
  const named = [
    accessKeyInHeader(headers.get('authorization') ?? ''),
    accessKeyOf(soleValue(query, 'X-Amz-Credential')),
    soleValue(query, 'AWSAccessKeyId'),
  ].filter((each) => each !== undefined);
  return named.length === 1 ? named[0] : undefined;
}

/** The header of version 4 names a credential, that of version 2 the key itself. */
function accessKeyInHeader(authorization: ByteString): ByteString | undefined {
  const [, credential] =
    /^AWS4-HMAC-SHA256 (?:.*[ ,])?Credential=([^,]*)/.exec(authorization) ?? [];
  if (credential !== undefined) return accessKeyOf(credential.trim());
  return /^AWS (.+):[^:]*$/.exec(authorization)?.[1];
}

function accessKeyOf(credential: ByteString | undefined): ByteString | undefined {
  if (credential === undefined) return undefined;
  try {
    return readCredential(credential).accessKey;
  } catch {
    return undefined;
  }
}
