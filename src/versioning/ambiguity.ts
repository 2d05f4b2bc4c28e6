import { isReadMethod, type Request } from '../swift_api/message';
import { findUnreadableName } from '../swift_api/naming_headers';
import { isAmbiguousQuery } from '../swift_api/query_readings';

/** Explains why the store might read a request differently; undefined if it cannot. */
export function findAmbiguity({ method, query, headers }: Request): string | undefined {
  if (isAmbiguousQuery(query))
    return 'The query has a semicolon, which servers read differently: encode it as %3B\n';
  const unreadable = isReadMethod(method) ? undefined : findUnreadableName(headers);
  return unreadable === undefined
    ? undefined
    : `The name in the header ${unreadable} is not valid UTF-8 text\n`;
}
