import { z } from 'zod';
import { readAll, type Body } from '../http/body';
import { messageOf } from '../util/errors';
import { ClientGone } from './message';
import { readJson } from '../formats/json';
import { StoreError } from '../util/store_error';

/**
 * Reads the whole body of a store's response.
 *
 * @param max bytes that such a response may have
 * @param what names it in error messages
 * @throws StoreError `unavailable` if it breaks off or is longer; ClientGone
 */
export async function readResponse(body: Body, max: number, what: string): Promise<Buffer> {
  const whole = await readAll(body, max).catch((cause: unknown) => {
    throw brokenOff(what, cause);
  });
  if (whole === undefined)
    throw new StoreError('unavailable', `${what} is longer than ${max} bytes`);
  return whole;
}

/** Returns the error for a store's response that breaks off, unless the client left. */
export function brokenOff(what: string, cause: unknown): Error {
  if (cause instanceof ClientGone) return cause;
  return new StoreError('unavailable', `${what} broke off: ${messageOf(cause)}`, undefined, {
    cause,
  });
}

/**
 * Parses a store's response as JSON of a known form.
 *
 * @param what names it in error messages
 * @throws StoreError `unavailable` if it is not JSON, or of another form
 */
export function parseResponse<T>(form: z.ZodType<T>, body: Buffer, what: string): T {
  try {
    return form.parse(readJson(body));
  } catch (cause) {
    throw new StoreError('unavailable', `the store's response is not valid: ${what}`, undefined, {
      cause,
    });
  }
}

/**
 * Like `parseResponse`, but returns the value unchanged, its fields in the store's order.
 *
 * @throws StoreError `unavailable` if it is not JSON, or of another form
 */
export function parseResponseUnchanged<T>(form: z.ZodType<T>, body: Buffer, what: string): T {
  const same = z.custom<T>((value) => form.safeParse(value).success);
  return parseResponse(same, body, what);
}
