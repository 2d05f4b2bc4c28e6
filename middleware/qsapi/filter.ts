import { BucketError } from '../../src/buckets/errors';
import { addressIn } from '../../src/dialects/address';
import type { Route } from '../../src/dialects/call';
import { dialectHandler, runRoute, type CallerOf, type Dialect } from '../../src/dialects/handler';
import {
  authorizationIn,
  knownBy,
  unsignedBy,
  type Principal,
  type Logins,
} from '../../src/dialects/logins';
import { plainPayload } from '../../src/dialects/payload/checked_body';
import type { DialectParts } from '../../src/dialects/plugin';
import { readQuery } from '../../src/dialects/query';
import { quote, unquote } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import { errorAnswer } from './errors';
import { bucketIn } from './host';
import { recognise, type Recognised } from './recognise';
import {
  checkUnambiguous,
  readQsSignature,
  verifyQsSignature,
  type QsSignature,
  type QsSigned,
} from './signature';

/** What the API is spoken with. */
export interface QsParts extends DialectParts<Route> {
  readonly logins: Logins;
  /** What answers have in `Server`. */
  readonly server: string;
  /** Whether URLs are good that have free text before other signed parameters. */
  readonly takesUrlsWithFreeText: boolean;
}

/** By these a URL shows that it is signed. */
const SIGNING = new Set(['access_key_id', 'expires', 'signature']);

/** Answers the requests of QingStor's API, and passes all others on. */
export function qsHandler(next: Handler, parts: QsParts): Handler {
  const dialect: Dialect<Recognised> = {
    recognise: (request) => recognise(request, parts.domains),
    answer: (request, recognised, callerOf) => answer(parts, request, recognised, callerOf),
    errorAnswer,
    readersReadVersions: parts.readersReadVersions,
    common: (id) => Headers.of({ Server: parts.server, 'x-qs-request-id': id }),
  };
  return dialectHandler(next, dialect, parts.log);
}

async function answer(
  parts: QsParts,
  request: Request,
  recognised: Recognised,
  callerOf: CallerOf,
): Promise<Response> {
  const { location, domains, routes } = parts;
  const { bucket, key } = addressIn(request.path, bucketIn(request, domains));
  const query = readQuery(request.query);
  const { signature, known } =
    recognised === 'signed'
      ? await signed(parts, request)
      : { signature: undefined, known: unsignedBy(parts.anonymous, query) };
  const isOfUrl = (name: string) => signature?.expires !== undefined && SIGNING.has(name);
  const call = {
    request: withConditions(request),
    caller: callerOf(known),
    bucket,
    key,
    parameters: new Map([...query].filter(([name]) => !isOfUrl(name))),
    location,
  };
  return runRoute(call, routes, plainPayload);
}

const CONDITION = /(^|-)if-((none-)?match|(un)?modified-since)$/;

/** The request with its conditions as they were meant: the JavaScript SDK percent-encodes the quotes of etags and the spaces of dates. */
function withConditions(request: Request): Request {
  const conditions = request.headers.filter((key) => CONDITION.test(key));
  const decoded = [...conditions.entries()].map(([name, value]) => [name, unquote(value)] as const);
  return { ...request, headers: request.headers.withAll(Headers.of(Object.fromEntries(decoded))) };
}

interface Admitted {
  readonly signature: QsSignature;
  readonly known: Principal;
}

/** Who signed a request. @throws BucketError where nobody did as is to be */
async function signed(parts: QsParts, request: Request): Promise<Admitted> {
  const { logins, skew } = parts;
  const authorization = authorizationIn(request.headers, 'malformed-authorization');
  const signature = readQsSignature(authorization, request.query);
  const credential = await logins.known.find(signature.accessKey);
  if (!credential) throw new BucketError('unknown-access-key', 'The access key is not known.');
  const now = parts.now?.() ?? Date.now();
  verifyEither(formsOf(request, parts.domains), (form) =>
    verifyQsSignature(signature, credential.secretKey, form, now, skew),
  );
  checkUnambiguous(signature, request.query, parts.takesUrlsWithFreeText);
  return { signature, known: knownBy(credential, logins.sessions) };
}

/**
 * What is signed of a request. If Host names the bucket, SDKs differ in whether there is a slash
 * behind it when nothing follows. It is encoded as in a path, and so has no question mark.
 */
function formsOf(request: Request, domains: readonly string[]): readonly [QsSigned, ...QsSigned[]] {
  const { method, path, query, headers } = request;
  const bucket = bucketIn(request, domains);
  if (bucket === undefined) return [{ method, path, query, headers }];
  const folder = `/${quote(bucket)}`;
  const form = { method, path: folder + path, query, headers };
  return path === '/' ? [form, { ...form, path: folder }] : [form];
}

function verifyEither(
  [first, ...others]: readonly [QsSigned, ...QsSigned[]],
  verify: (form: QsSigned) => void,
): void {
  try {
    verify(first);
  } catch (error) {
    const [second, ...rest] = others;
    const isOther = second && error instanceof BucketError && error.code === 'bad-signature';
    if (!isOther) throw error;
    verifyEither([second, ...rest], verify);
  }
}
