import { destroy, drain, readAll } from '../http/body';
import { toText, type ByteString } from '../http/bytes';
import type { Response } from '../swift_api/message';
import { ask, type Caller } from './caller';
import { BucketError, type BucketErrorCode } from './errors';

/** The target of a request to the store. */
export interface About {
  /** Undefined for all of the caller's buckets. */
  readonly bucket?: ByteString | undefined;
  /** Undefined for the bucket itself. */
  readonly key?: ByteString | undefined;
  readonly versionId?: string | undefined;
}

const MAX_TEXT = 4096;

/** The errors for the statuses of Swift's API, unless the text is more specific. */
const BY_STATUS: Readonly<Record<number, readonly [BucketErrorCode, string]>> = {
  400: ['invalid-request', 'The request is not valid.'],
  401: ['access-denied', 'Access Denied'],
  403: ['access-denied', 'Access Denied'],
  405: ['method-not-allowed', 'The specified method is not allowed against this resource.'],
  408: ['incomplete-body', 'The request body was not received in time.'],
  409: ['conflict', 'A conflicting operation is in progress against this resource. Try again.'],
  411: ['missing-length', 'You must provide the Content-Length HTTP header.'],
  412: ['precondition-failed', 'At least one of the pre-conditions you specified did not hold'],
  413: ['too-large', 'Your proposed upload exceeds the maximum allowed size'],
  416: ['invalid-range', 'The requested range is not satisfiable'],
  422: ['bad-digest', 'The Content-MD5 you specified did not match what we received.'],
  429: ['slow-down', 'Please reduce your request rate.'],
  498: ['slow-down', 'Please reduce your request rate.'],
  499: [
    'incomplete-body',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  ],
  500: ['internal', 'We encountered an internal error. Please try again.'],
  501: ['not-implemented', 'The store does not support this request.'],
  503: ['slow-down', 'Please reduce your request rate.'],
  507: ['slow-down', 'The store is out of space. Please try again later.'],
};

/** Texts of Swift that are more specific than their status. */
const BY_TEXT: readonly { status: number; text: RegExp; code: BucketErrorCode; message: string }[] =
  [
    {
      status: 400,
      text: /name length|name too long|longer than \d+ bytes/i,
      code: 'key-too-long',
      message: 'Your key is too long',
    },
    {
      status: 400,
      text: /metadata/i,
      code: 'metadata-too-large',
      message: 'Your metadata headers exceed the maximum allowed metadata size',
    },
    // in one of Swift's header modes, of the name in the archive
    {
      status: 412,
      text: /name length of \d+ longer than/i,
      code: 'key-too-long',
      message: 'Your key is too long to be kept in the archive of the container',
    },
    { status: 413, text: /quota/i, code: 'quota-exceeded', message: 'The quota is exceeded.' },
  ];

/**
 * Maps a failed response of the store to an error for clients of other APIs. Drains the
 * response.
 *
 * @param about the target of the request, which determines the error for a 404; the
 *   bucket is only looked up if that matters
 */
export async function errorOfResponse(
  caller: Caller,
  response: Response,
  about: About,
): Promise<BucketError> {
  const text = await textOf(response);
  const { status } = response;
  if (status === 404) return notFoundError(caller, about);
  const match = BY_TEXT.find((each) => each.status === status && each.text.test(text));
  if (match) return new BucketError(match.code, match.message, detailsOf(about));
  const [code, message] =
    BY_STATUS[status] ?? (status < 500 ? BY_STATUS[400] : undefined) ?? UNAVAILABLE;
  const hasOwnText = (status === 400 || status === 501) && text !== '';
  return new BucketError(code, hasOwnText ? text : message, detailsOf(about));
}

const UNAVAILABLE = ['unavailable', 'The store is not available. Please try again.'] as const;

/** Returns the response, unread. @throws BucketError if the store refused */
export async function expectSuccess(
  caller: Caller,
  response: Response,
  about: About,
): Promise<Response> {
  if (response.status >= 300) throw await errorOfResponse(caller, response, about);
  return response;
}

/** Like `expectSuccess`, for a response of which only the headers are needed. */
export async function expectSuccessAndDrain(
  caller: Caller,
  response: Response,
  about: About,
): Promise<Response> {
  await drain((await expectSuccess(caller, response, about)).body);
  return response;
}

async function notFoundError(caller: Caller, about: About): Promise<BucketError> {
  if (about.bucket === undefined)
    return new BucketError('access-denied', 'There is no such account.');
  if (about.key === undefined || !(await hasBucket(caller, about.bucket)))
    return noSuchBucket(about.bucket);
  return about.versionId === undefined
    ? new BucketError('no-such-key', 'The specified key does not exist.', detailsOf(about))
    : new BucketError('no-such-version', 'The specified version does not exist.', detailsOf(about));
}

/** Returns the error for a bucket that does not exist. */
export function noSuchBucket(bucket: ByteString): BucketError {
  return new BucketError('no-such-bucket', 'The specified bucket does not exist', {
    fields: { BucketName: bucket },
  });
}

/** Whether a bucket exists; true if the store refuses to say. */
export async function hasBucket(caller: Caller, container: ByteString): Promise<boolean> {
  const response = await ask(caller, { method: 'HEAD', container });
  await drain(response.body);
  return response.status !== 404;
}

function detailsOf({ bucket, key, versionId }: About) {
  const names = key === undefined ? { BucketName: bucket } : { Key: key, VersionId: versionId };
  const fields = Object.entries(names).filter(
    (each): each is [string, string] => each[1] !== undefined,
  );
  return { fields: Object.fromEntries(fields) };
}

/** Returns the text of a response; '' if it is HTML or JSON, or too long. */
async function textOf({ body, headers }: Response): Promise<string> {
  try {
    const bytes = await readAll(body, MAX_TEXT);
    const text = toText(bytes?.toString('latin1') ?? '').trim();
    return text.startsWith('<') || (headers.get('content-type') ?? '').includes('json') ? '' : text;
  } catch {
    destroy(body);
    return '';
  }
}
