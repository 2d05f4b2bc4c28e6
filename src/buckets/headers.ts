import { validateHeaderName, validateHeaderValue } from 'node:http';
import { quote, type ByteString } from '../http/bytes';
import { messageOf } from '../util/errors';
import { BucketError } from './errors';

/**
 * Whether a header may be sent: what came in a query or in a form can be what no header has.
 *
 * @throws BucketError `invalid-argument`
 */
export function checkHeader(name: string, value: ByteString): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (error) {
    throw new BucketError('invalid-argument', messageOf(error), {
      fields: { ArgumentName: quote(name), ArgumentValue: quote(value) },
    });
  }
}
