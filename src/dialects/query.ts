import { BucketError } from '../buckets/errors';
import type { ByteString } from '../http/bytes';
import { parseQueryPairs } from '../swift_api/target';

/** Decoded query parameters, by their original names. */
export type Query = ReadonlyMap<string, ByteString>;

/**
 * A query whose names are case-insensitive. For dialects that sign names in lower case:
 * if two spellings were two parameters, one signature would be valid for both.
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
 * Parses a query. The parameters are sorted by name, since no signature covers their
 * order.
 *
 * @param normalize returns the form of a name that identifies a parameter
 * @throws BucketError if a parameter is repeated: a signature may cover only one of the
 *   values
 */
export function readQuery(raw: string, normalize = normalizeForS3): Query {
  const pairs: [name: string, value: ByteString][] = [];
  const seen = new Set<string>();
  for (const [name, value] of parseQueryPairs(raw)) {
    const normalized = normalize(name);
    if (seen.has(normalized))
      throw new BucketError('invalid-argument', 'A query parameter is repeated.', {
        fields: { ArgumentName: name, ArgumentValue: value },
      });
    seen.add(normalized);
    pairs.push([name, value]);
  }
  return new Map(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function normalizeForS3(name: string): string {
  const lower = name.toLowerCase();
  return lower.startsWith('x-amz-') ? lower : name;
}

/** Returns the value of a parameter; undefined if it is missing or repeated. */
export function soleValue(query: string, name: string): ByteString | undefined {
  if (!query.includes('=')) return undefined;
  const values = parseQueryPairs(query).filter(([each]) => each === name);
  return values.length === 1 ? values[0]?.[1] : undefined;
}
