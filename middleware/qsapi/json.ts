import type { z } from 'zod';
import { BucketError } from '../../src/buckets/errors';
import type { Call } from '../../src/dialects/call';
import { holdDocument } from '../../src/dialects/document';
import { messageOf } from '../../src/util/errors';
import { toText } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { HalfCharacter, hasMoreMarks, readJson as parseJson } from '../../src/formats/json';
import type { Response } from '../../src/swift_api/message';

/** What a document consists of; texts are byte strings. */
export type Json =
  string | number | boolean | readonly Json[] | { readonly [name: string]: Json | undefined };

/** Commas and brackets of a document: 10,000 parts have fewer, and many more take long to read at once. */
const MAX_MARKS = 60_000;

/** An answer with a document. Fields without a value are left out. */
export function jsonAnswer(
  status: number,
  document: Json,
  headers: Headers = Headers.none,
): Response {
  // all bytes are UTF-8: what is none is the name of nothing
  const body = Buffer.from(toText(JSON.stringify(document)), 'utf8');
  const own = Headers.of({
    'Content-Type': 'application/json',
    'Content-Length': String(body.length),
  });
  return { status, headers: own.withAll(headers), body };
}

/**
 * The document that a request carries, its texts as JavaScript has them.
 *
 * @param max bytes that it may have
 * @throws BucketError `too-large`, `malformed-body` for what is no JSON, `invalid-request` for another document
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
    throw new BucketError('too-large', 'The document has more in it than any may.');
  const read = schema.safeParse(parse(body));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new BucketError(
    'invalid-request',
    `The document is not as it should be: ${where === '' ? '' : `${where}: `}${issue?.message ?? ''}`,
  );
}

function parse(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    if (error instanceof HalfCharacter)
      throw new BucketError(
        'invalid-request',
        `The document is not as it should be: ${error.message}`,
      );
    throw new BucketError('malformed-body', `The body is no JSON: ${messageOf(error)}`);
  }
}
