import { Readable } from 'node:stream';
import { s3Handler, type S3HandlerOptions } from '../../../../middleware/s3api/filter';
import type { Call, CallHead, Route } from '../../../../src/dialects/call';
import type { CallHead as FamilyHead } from '../../../../src/dialects/s3/call';
import type { SignatureV2Options } from '../../../../middleware/s3api/signature/authenticate';
import { createSigners } from '../../../../middleware/s3api/signature/signers';
import { Sessions } from '../../../../src/buckets/sessions';
import { Credentials } from '../../../../src/auth/credential';
import { readAll, type Body } from '../../../../src/http/body';
import { endToEndHeaders, Headers } from '../../../../src/http/headers';
import type { Handler, Request, Response } from '../../../../src/swift_api/message';
import { createLog } from '../../../../src/util/log';
import type { Recorded } from '../captures';

export const ACCESS_KEY = 'AK';
export const SECRET_KEY = 'SK';

/** The default of the options. */
export const SIGNATURE_V2: SignatureV2Options = { mode: 'urls', maxAge: 604_800_000 };

/** Converts a request as the listener does. */
export function asRequest(
  { method, target, fields, body }: Recorded,
  stream: Body = body,
): Request {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const headers = endToEndHeaders(Headers.fromRaw(fields.flat()));
  return {
    method,
    path,
    query,
    headers,
    host: headers.get('host'),
    body: stream,
    signal: new AbortController().signal,
    transactionId: 'tx0',
    authority: 'client',
    receivedBytes: () => 0,
  };
}

/** When a request was signed, in milliseconds since 1970. */
export function signedAt({ fields, target }: Recorded): number {
  const [, header] = fields.find(([name]) => name.toLowerCase() === 'x-amz-date') ?? [];
  const date = header ?? /X-Amz-Date=(\w+)/.exec(target)?.[1] ?? '';
  return Date.parse(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}

/** An accepted call, with its body read to the end. */
export interface Accepted<Head extends CallHead = CallHead> {
  readonly call: Call<Head>;
  readonly body: Buffer;
}

/**
 * The parts of a filter that accepts every request with a valid signature and payload,
 * and what it received.
 */
export interface Accepting<Head extends CallHead> {
  readonly routes: readonly Route<Head>[];
  readonly known: Credentials;
  readonly sessions: Sessions;
  /** The next handler of the pipeline: answers 299. */
  readonly next: Handler;
  readonly accepted: Accepted<Head>[];
  readonly passed: Request[];
}

/**
 * Makes the parts of a filter that accepts every request with a valid signature, and
 * records what it accepted.
 */
export function accepting<Head extends CallHead>(): Accepting<Head> {
  const accepted: Accepted<Head>[] = [];
  const passed: Request[] = [];
  const run: Route<Head>['run'] = async (call) => {
    const body = (await readAll(call.payload.body, Infinity)) ?? Buffer.alloc(0);
    accepted.push({ call, body });
    return { status: 200, headers: Headers.none, body: Buffer.alloc(0) };
  };
  const levels = ['service', 'bucket', 'object'] as const;
  const methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];
  const routes = levels.flatMap((on) =>
    methods.map((method) => ({ name: method, method, on, run })),
  );
  const credential = {
    accessKey: ACCESS_KEY,
    secretKey: SECRET_KEY,
    user: 'test:tester',
    key: 'testing',
  };
  const sessions = new Sessions(() =>
    Promise.resolve({ token: 'token', accountPath: '/v1/AUTH_test' }),
  );
  const next: Handler = (request) => {
    passed.push(request);
    return Promise.resolve({ status: 299, headers: Headers.none, body: Buffer.alloc(0) });
  };
  return { routes, known: new Credentials([credential]), sessions, next, accepted, passed };
}

/**
 * A filter for S3's API that accepts every request with a valid signature and payload,
 * and records what it accepted.
 */
export function acceptingFilter(parts: Partial<S3HandlerOptions> = {}): {
  readonly handler: Handler;
  readonly accepted: Accepted<FamilyHead>[];
  readonly passed: Request[];
} {
  const { routes, known, sessions, next, accepted, passed } = accepting<FamilyHead>();
  const handler = s3Handler(next, {
    routes,
    paths: new Set(),
    postForm: () => Promise.reject(new Error('no forms here')),
    signers: createSigners(known, sessions),
    domains: [],
    location: 'us-east-1',
    skew: 900_000,
    signatureV2: SIGNATURE_V2,
    anonymous: undefined,
    readersReadVersions: false,
    log: createLog('silent'),
    power: 'service',
    isOwnByPath: () => false,
    logins: { credentialSource: known, sessions },
    ...parts,
  });
  return { handler, accepted, passed };
}

/** Streams bytes in pieces. */
export function inPieces(bytes: Buffer, sizes: readonly number[]): Readable {
  const pieces: Buffer[] = [];
  let rest = bytes;
  for (const size of sizes) {
    pieces.push(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  return Readable.from(
    [...pieces, rest].filter((piece) => piece.length > 0),
    { objectMode: false },
  );
}

/** The text of a response whose body is a buffer. */
export function textOf({ body }: Response): string {
  return Buffer.isBuffer(body) ? body.toString() : 'a stream';
}
