import { BucketError } from '../../../src/buckets/errors';
import type { Query } from '../../../src/dialects/query';
import type { ByteString } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';

/**
 * Returns the headers of a request, including those that a presigned URL has in its
 * query.
 *
 * @param isHeader whether a parameter is a header
 * @throws BucketError if one has another value elsewhere
 */
export function withQueryHeaders(
  headers: Headers,
  query: Query,
  isHeader: (name: string) => boolean,
): Headers {
  const sentHeaders = headers.byName();
  const presignedValues = new Map<string, readonly [name: string, value: ByteString]>();
  for (const [name, value] of query) {
    if (!isHeader(name)) continue;
    const key = Headers.key(name);
    const otherValue = presignedValues.get(key)?.[1] ?? sentHeaders.get(key) ?? value;
    if (otherValue !== value)
      throw new BucketError(
        'invalid-argument',
        'A header is given twice with different values, in the query or as a header.',
        {
          fields: { ArgumentName: name, ArgumentValue: value },
        },
      );
    presignedValues.set(key, [name, value]);
  }
  if (presignedValues.size === 0) return headers;
  return headers.withAll(Headers.of(Object.fromEntries(presignedValues.values())));
}
