import { z } from 'zod';
import { readAll, type Body } from '../http/body';
import { messageOf } from '../util/errors';
import { readJson } from '../formats/json';
import { StoreError } from '../util/store_error';

/**
 * The whole body of a store's answer.
 *
 * @param max bytes that such an answer has at most
 * @param what names it to who reads the error
 * @throws StoreError `unavailable` where it breaks off, or is longer
 */
export async function readAnswer(body: Body, max: number, what: string): Promise<Buffer> {
  const whole = await readAll(body, max).catch((cause: unknown) => {
    throw new StoreError('unavailable', `${what} broke off: ${messageOf(cause)}`, undefined, {
      cause,
    });
  });
  if (whole === undefined) throw new StoreError('unavailable', `${what} is longer than any is`);
  return whole;
}

/**
 * What a store answered, as JSON of a known form.
 *
 * @param what names it to who reads the error
 * @throws StoreError `unavailable` where it is no JSON, or of another form
 */
export function parseAnswer<T>(form: z.ZodType<T>, body: Buffer, what: string): T {
  try {
    return form.parse(readJson(body));
  } catch (cause) {
    throw new StoreError('unavailable', `the store answered with ${what} that is none`, undefined, {
      cause,
    });
  }
}

/**
 * The same value as it came, its fields in the order that the store gave them, once it is found to be of that form.
 *
 * @throws StoreError `unavailable` if it is no JSON, or of another form
 */
export function parseAnswerAsGiven<T>(form: z.ZodType<T>, body: Buffer, what: string): T {
  const same = z.custom<T>((value) => form.safeParse(value).success);
  return parseAnswer(same, body, what);
}
