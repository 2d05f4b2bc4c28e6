import { isText } from '../http/bytes';
import type { Response } from './message';
import { htmlResponse } from './responses';
import type { Target } from './target';

/** Swift's reason for refusing a name (`check_utf8`). */
export const NOT_TEXT = 'Invalid UTF8 or contains NULL';

/** Returns the refusal of names that are not UTF-8 text, or undefined. */
export function refusalForNames({
  account,
  container = '',
  object = '',
}: Target): Response | undefined {
  return [account, container, object].every(isText) ? undefined : htmlResponse(412, NOT_TEXT);
}
