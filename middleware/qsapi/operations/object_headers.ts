import { BucketError } from '../../../src/buckets/errors';
import { presentedType } from '../../../src/buckets/etag';
import { metadataHeaders, metadataIn, standardHeaders } from '../../../src/buckets/metadata';
import type { ObjectInfo } from '../../../src/buckets/objects';
import { invalidArgument } from '../../../src/dialects/arguments';
import type { Call } from '../../../src/dialects/call';
import { metadataOf, contentTypeOf } from '../../../src/dialects/object_headers';
import { Headers } from '../../../src/http/headers';

const META = 'x-qs-meta-';
const DEFAULT_TYPE = 'application/octet-stream';

/** Headers that request encryption: accepting them would be a false promise. */
const NOT_STORED = /^x-qs-(copy-source-)?encryption-/;

/**
 * Returns what is stored of the headers of a write: type, standard headers, metadata.
 *
 * @throws BucketError for a request for encryption or for another storage class
 */
export function headersToStore({ request: { headers } }: Call): Headers {
  for (const [name] of headers.entries())
    if (NOT_STORED.test(name))
      throw new BucketError('not-implemented', `${name}: encryption is not implemented.`);
  checkStorageClass(headers.get('x-qs-storage-class'));
  return Headers.of({ 'Content-Type': contentTypeOf(headers, DEFAULT_TYPE) })
    .withAll(standardHeaders(headers))
    .withAll(metadataHeaders(metadataOf(headers, META)));
}

/** Accepts the only storage class there is. */
function checkStorageClass(storageClass: string | undefined): void {
  if (storageClass === undefined || storageClass === 'STANDARD') return;
  if (storageClass === 'STANDARD_IA')
    throw new BucketError('not-implemented', 'The only storage class is STANDARD.');
  throw invalidArgument('x-qs-storage-class', storageClass, 'The storage class is unknown.');
}

/** Returns an object's headers for GET and HEAD. */
export function objectHeaders({ headers, etag, versionId }: ObjectInfo): Headers {
  const type = headers.get('content-type');
  const metadata = metadataIn(headers).map(([name, value]) => [META + name, value] as const);
  return Headers.of({
    ETag: `"${etag}"`,
    'Content-Type': type === undefined ? undefined : presentedType(type),
    'Accept-Ranges': 'bytes',
    'x-qs-storage-class': 'STANDARD',
    'x-qs-version-id': versionId,
  })
    .withAll(headers.only('content-length', 'content-range', 'last-modified'))
    .withAll(standardHeaders(headers))
    .withAll(headers.filter((key) => key.startsWith('access-control-')))
    .withAll(Headers.of(Object.fromEntries(metadata)));
}
