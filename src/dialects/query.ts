import { BucketError } from '../buckets/errors';
import type { ByteString } from '../http/bytes';
import { queryPairs } from '../http/path';

/** The parameters of a query, decoded, by their names as they came. */
export type Query = ReadonlyMap<string, ByteString>;

/**
 * Reads a query.
 *
 * @throws BucketError where a parameter is given twice: what was signed says nothing of their order
 */
export function readQuery(raw: string): Query {
  const query = new Map<string, ByteString>();
  const seen = new Set<string>();
  for (const [name, value] of queryPairs(raw)) {
    const lower = name.toLowerCase();
    const same = lower.startsWith('x-amz-') ? lower : name;
    if (seen.has(same))
      throw new BucketError('invalid-argument', 'A parameter of the query is given twice.', {
        fields: { ArgumentName: name, ArgumentValue: value },
      });
    seen.add(same);
    query.set(name, value);
  }
  return query;
}
