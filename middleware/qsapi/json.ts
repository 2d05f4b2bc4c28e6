import type { z } from 'zod';
import { BucketError } from '../../src/buckets/errors';
import type { Call } from '../../src/dialects/call';
import { holdDocument } from '../../src/dialects/document';
import { messageOf } from '../../src/util/errors';
import { toText } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { LoneSurrogate, hasMoreMarks, readJson as parseJson } from '../../src/formats/json';
import type { Response } from '../../src/swift_api/message';

/** A JSON value; strings are byte strings. */
export type Json =
  string | number | boolean | readonly Json[] | { readonly [name: string]: Json | undefined };

/**
 * Max commas and brackets of a document: 10,000 parts have fewer, and many more take long
 * to parse at once.
 */
const MAX_MARKS = 60_000;

/** Builds a response with a document. Fields without a value are left out. */
export function jsonAnswer(
  status: number,
  document: Json,
  headers: Headers = Headers.none,
): Response {
  // all bytes are UTF-8, since no name can be anything else
  const body = Buffer.from(toText(JSON.stringify(document)), 'utf8');
  const defaults = Headers.of({
    'Content-Type': 'application/json',
    'Content-Length': String(body.length),
  });
  return { status, headers: defaults.withAll(headers), body };
}

/**
 * Reads the document that a request carries, its texts as JavaScript strings.
 *
 * @param max bytes of the document
 * @throws BucketError `too-large`, `malformed-body` if it is not JSON, `invalid-request`
 *   if it does not match the schema
 */
export async function readJson<Schema extends z.ZodType>(
  call: Call,
  schema: Schema,
  max: number,
): Promise<z.infer<Schema>> {
  const body = await holdDocument(call, max);
  if (body === undefined)
    throw new BucketError('too-large', `The document has more than ${max} bytes.`);
  if (hasMoreMarks(body, MAX_MARKS))
    throw new BucketError('too-large', 'The document has too many elements.');
  const result = schema.safeParse(parse(body));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new BucketError(
    'invalid-request',
    `The document is invalid: ${path === '' ? '' : `${path}: `}${issue?.message ?? ''}`,
  );
}

function parse(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    if (error instanceof LoneSurrogate)
      throw new BucketError('invalid-request', `The document is invalid: ${error.message}`);
    throw new BucketError('malformed-body', `The body is not valid JSON: ${messageOf(error)}`);
  }
}
