import { BucketError } from '../buckets/errors';
import type { ByteString } from '../http/bytes';
import { queryPairs } from '../swift_api/target';

/** The parameters of a query, decoded, by their names as they came. */
export type Query = ReadonlyMap<string, ByteString>;

/**
 * A query of which names count without regard to case. For dialects that sign names in lower
 * case: if two spellings were two parameters, one signature would be good for both.
 */
export class CaselessQuery extends Map<string, ByteString> {
  override get(name: string): ByteString | undefined {
    return super.get(name.toLowerCase());
  }

  override has(name: string): boolean {
    return super.has(name.toLowerCase());
  }

  override set(name: string, value: ByteString): this {
    return super.set(name.toLowerCase(), value);
  }
}

/**
 * Reads a query. Parameters come sorted by their names, since no signature is over their order.
 *
 * @param compared the form of a name in which two are the same parameter
 * @throws BucketError if a parameter is given twice: a signature may cover one of them only
 */
export function readQuery(raw: string, compared = comparedForS3): Query {
  const pairs: [name: string, value: ByteString][] = [];
  const seen = new Set<string>();
  for (const [name, value] of queryPairs(raw)) {
    const same = compared(name);
    if (seen.has(same))
      throw new BucketError('invalid-argument', 'A parameter of the query is given twice.', {
        fields: { ArgumentName: name, ArgumentValue: value },
      });
    seen.add(same);
    pairs.push([name, value]);
  }
  return new Map(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function comparedForS3(name: string): string {
  const lower = name.toLowerCase();
  return lower.startsWith('x-amz-') ? lower : name;
}
