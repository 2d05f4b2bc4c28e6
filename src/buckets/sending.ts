import type { Body, Response } from '../http/message';
import { BucketError } from './errors';

/**
 * Sends a body that may break off because of what is in it: whatever comes of that is then answered with why.
 *
 * @throws BucketError that the body broke off with
 */
export async function sending(body: Body, work: () => Promise<Response>): Promise<Response> {
  const cause = () => (Buffer.isBuffer(body) ? undefined : body.errored);
  try {
    const response = await work();
    const error = cause();
    if (error instanceof BucketError && response.status >= 300) throw error;
    return response;
  } catch (error) {
    const why = cause();
    throw why instanceof BucketError ? why : error;
  }
}
