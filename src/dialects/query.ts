import { BucketError } from '../buckets/errors';
import type { ByteString } from '../http/bytes';
import { queryPairs } from '../http/path';

/** The parameters of a query, decoded, by their names as they came. */
export type Query = ReadonlyMap<string, ByteString>;

/**
 * Reads a query.
 *
 * @param compared the form of a name in which two are the same parameter
 * @throws BucketError where a parameter is given twice: what was signed says nothing of their order
 */
export function readQuery(raw: string, compared = comparedForS3): Query {
  const query = new Map<string, ByteString>();
  const seen = new Set<string>();
  for (const [name, value] of queryPairs(raw)) {
    const same = compared(name);
    if (seen.has(same))
      throw new BucketError('invalid-argument', 'A parameter of the query is given twice.', {
        fields: { ArgumentName: name, ArgumentValue: value },
      });
    seen.add(same);
    query.set(name, value);
  }
  return query;
}

function comparedForS3(name: string): string {
  const lower = name.toLowerCase();
  return lower.startsWith('x-amz-') ? lower : name;
}
