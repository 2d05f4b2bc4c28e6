import { isReading, type Request } from '../swift_api/message';
import { unreadableName } from '../swift_api/naming_headers';
import { isReadTwoWays } from '../swift_api/query_readings';

/** Why the store might read a request otherwise; undefined if it cannot. */
export function ambiguityOf({ method, query, headers }: Request): string | undefined {
  if (isReadTwoWays(query))
    return 'A semicolon in the query ends a parameter to some, and to others does not\n';
  const unreadable = isReading(method) ? undefined : unreadableName(headers);
  return unreadable === undefined ? undefined : `The name in ${unreadable} is not UTF-8 text\n`;
}
