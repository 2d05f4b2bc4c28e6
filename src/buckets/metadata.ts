import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import { isReserved } from '../swift_api/reserved';
import { BucketError } from './errors';

const USER_PREFIX = 'x-object-meta-';
/** What begins so is kept with an object for dialects; who speaks Swift's API neither sees nor sends it. */
export const KEPT_PREFIX = 'X-Object-Meta-Hindsight-S3-';
const CHECKSUM = `${KEPT_PREFIX}Checksum-`;

/** Headers of an object that are the same in every API, and that the store keeps. */
const STANDARD = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-robots-tag',
];

/** Those that a request gives an object besides its metadata, or that an object has. */
export function standardHeaders(headers: Headers): Headers {
  return headers.only(...STANDARD);
}

/**
 * The headers by which the store keeps a client's metadata. Underscores would be hyphens to it, so they are written `%5F`.
 *
 * @param metadata names and values; values of one name are joined
 * @throws BucketError `invalid-argument` for names that the proxy keeps to itself
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
        `Metadata whose names begin with hindsight- are reserved.`,
        {
          fields: { ArgumentName: name, ArgumentValue: value },
        },
      );
    fields[key] = fields[key] === undefined ? value : `${fields[key]},${value}`;
  }
  return Headers.of(fields);
}

/** A client's metadata as the store tells them, names in lower case. */
export function metadataIn(
  headers: Headers,
): readonly (readonly [name: string, value: ByteString])[] {
  return [...headers.entries()].flatMap(([key, value]) => {
    if (!key.startsWith(USER_PREFIX) || isReserved(key)) return [];
    const name = key.slice(USER_PREFIX.length);
    return [[name.replaceAll(/%5f/gi, '_').replaceAll('%25', '%'), value] as const];
  });
}

/** The headers by which checksums are kept with an object, by the names of their algorithms. */
export function checksumHeaders(checksums: ReadonlyMap<string, string>): Headers {
  return Headers.of(
    Object.fromEntries([...checksums].map(([name, value]) => [CHECKSUM + name, value])),
  );
}

/** The checksums that are kept with an object, by the names of their algorithms in lower case; base64. */
export function checksumsIn(headers: Headers): ReadonlyMap<string, string> {
  const prefix = CHECKSUM.toLowerCase();
  const found = [...headers.entries()].filter(([key]) => key.startsWith(prefix));
  return new Map(found.map(([key, value]) => [key.slice(prefix.length), value]));
}

/** What is kept with an object for dialects, but for checksums. */
export function keptBesideChecksums(headers: Headers): Headers {
  const [prefix, checksum] = [KEPT_PREFIX.toLowerCase(), CHECKSUM.toLowerCase()];
  return headers.filter((key) => key.startsWith(prefix) && !key.startsWith(checksum));
}
