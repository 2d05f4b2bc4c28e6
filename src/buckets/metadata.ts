import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import { isReserved } from '../swift_api/reserved';
import { BucketError } from './errors';

const USER_PREFIX = 'x-object-meta-';
/** Prefix of metadata reserved for dialects; Swift clients neither see nor set it. */
export const DIALECT_PREFIX = 'X-Object-Meta-Hindsight-S3-';
const CHECKSUM = `${DIALECT_PREFIX}Checksum-`;

/** Object headers that are the same in every API and that the store keeps. */
const STANDARD = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-robots-tag',
];

/** Returns the standard headers of a request or of an object. */
export function standardHeaders(headers: Headers): Headers {
  return headers.only(...STANDARD);
}

/**
 * Returns the store's headers for a client's metadata. Underscores are written `%5F`
 * because the store turns them into hyphens.
 *
 * @param metadata names and values; values of the same name are joined
 * @throws BucketError `invalid-argument` for names reserved by the proxy
 */
export function metadataHeaders(
  metadata: Iterable<readonly [name: string, value: ByteString]>,
): Headers {
  const fields: Record<string, ByteString> = {};
  for (const [name, value] of metadata) {
    const key = USER_PREFIX + name.toLowerCase().replaceAll('%', '%25').replaceAll('_', '%5F');
    if (key.startsWith('x-object-meta-hindsight-'))
      throw new BucketError(
        'invalid-argument',
        'Metadata names that begin with hindsight- are reserved.',
        {
          fields: { ArgumentName: name, ArgumentValue: value },
        },
      );
    fields[key] = fields[key] === undefined ? value : `${fields[key]},${value}`;
  }
  return Headers.of(fields);
}

/** Returns a client's metadata from the store's headers; names are in lower case. */
export function metadataIn(
  headers: Headers,
): readonly (readonly [name: string, value: ByteString])[] {
  return [...headers.entries()].flatMap(([key, value]) => {
    if (!key.startsWith(USER_PREFIX) || isReserved(key)) return [];
    const name = key.slice(USER_PREFIX.length);
    return [[name.replaceAll(/%5f/gi, '_').replaceAll('%25', '%'), value] as const];
  });
}

/** Returns the headers that keep checksums with an object, given by algorithm name. */
export function checksumHeaders(checksums: ReadonlyMap<string, string>): Headers {
  return Headers.of(
    Object.fromEntries([...checksums].map(([name, value]) => [CHECKSUM + name, value])),
  );
}

/** Returns the checksums kept with an object: base64, by lower-case algorithm name. */
export function checksumsIn(headers: Headers): ReadonlyMap<string, string> {
  const prefix = CHECKSUM.toLowerCase();
  const entries = [...headers.entries()].filter(([key]) => key.startsWith(prefix));
  return new Map(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}

/** Returns the headers kept with an object for dialects, except checksums. */
export function dialectHeadersExceptChecksums(headers: Headers): Headers {
  const [prefix, checksum] = [DIALECT_PREFIX.toLowerCase(), CHECKSUM.toLowerCase()];
  return headers.filter((key) => key.startsWith(prefix) && !key.startsWith(checksum));
}
