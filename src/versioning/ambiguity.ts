import { isReading, type Request } from '../swift_api/message';
import { unreadableName } from '../swift_api/naming_headers';
import { isReadTwoWays } from '../swift_api/query_readings';

/** Explains why the store might read a request differently; undefined if it cannot. */
export function ambiguityOf({ method, query, headers }: Request): string | undefined {
  if (isReadTwoWays(query))
    return 'The query has a semicolon, which servers read differently: encode it as %3B\n';
  const unreadable = isReading(method) ? undefined : unreadableName(headers);
  return unreadable === undefined
    ? undefined
    : `The name in the header ${unreadable} is not valid UTF-8 text\n`;
}
