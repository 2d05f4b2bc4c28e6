import { validateHeaderName, validateHeaderValue } from 'node:http';
import { quote, type ByteString } from '../http/bytes';
import { messageOf } from '../util/errors';
import { BucketError } from './errors';

/**
 * Throws if a header must not be sent: values from a query or a form may contain
 * characters that headers cannot.
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
