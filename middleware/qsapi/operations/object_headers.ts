import { BucketError } from '../../../src/buckets/errors';
import { shownType } from '../../../src/buckets/etag';
import { metadataHeaders, metadataIn, standardHeaders } from '../../../src/buckets/metadata';
import type { ObjectInfo } from '../../../src/buckets/objects';
import { invalidArgument } from '../../../src/dialects/arguments';
import type { Call } from '../../../src/dialects/call';
import { metadataGiven, typeGiven } from '../../../src/dialects/object_headers';
import { Headers } from '../../../src/http/headers';

const META = 'x-qs-meta-';
const DEFAULT_TYPE = 'application/octet-stream';

/** What asks for more than is kept: to accept it would be a promise. */
const NOT_KEPT = /^x-qs-(copy-source-)?encryption-/;

/**
 * What the store keeps of the headers with which an object is written: type, standard headers, metadata.
 *
 * @throws BucketError for what is not kept
 */
export function describedBy({ request: { headers } }: Call): Headers {
  for (const [name] of headers.entries())
    if (NOT_KEPT.test(name))
      throw new BucketError('not-implemented', `${name}: nothing is encrypted here.`);
  checkStorageClass(headers.get('x-qs-storage-class'));
  return Headers.of({ 'Content-Type': typeGiven(headers, DEFAULT_TYPE) })
    .withAll(standardHeaders(headers))
    .withAll(metadataHeaders(metadataGiven(headers, META)));
}

/** There is one class. */
function checkStorageClass(given: string | undefined): void {
  if (given === undefined || given === 'STANDARD') return;
  if (given === 'STANDARD_IA')
    throw new BucketError('not-implemented', 'There is no storage class but STANDARD.');
  throw invalidArgument('x-qs-storage-class', given, 'The storage class is none that there is.');
}

/** An object's headers as GET and HEAD tell them. */
export function objectHeaders({ headers, etag, versionId }: ObjectInfo): Headers {
  const type = headers.get('content-type');
  const metadata = metadataIn(headers).map(([name, value]) => [META + name, value] as const);
  return Headers.of({
    ETag: `"${etag}"`,
    'Content-Type': type === undefined ? undefined : shownType(type),
    'Accept-Ranges': 'bytes',
    'x-qs-storage-class': 'STANDARD',
    'x-qs-version-id': versionId,
  })
    .withAll(headers.only('content-length', 'content-range', 'last-modified'))
    .withAll(standardHeaders(headers))
    .withAll(headers.filter((key) => key.startsWith('access-control-')))
    .withAll(Headers.of(Object.fromEntries(metadata)));
}
