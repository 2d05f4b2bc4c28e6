import { BucketError } from '../../src/buckets/errors';
import { addressIn } from '../../src/dialects/address';
import type { CallHead, Route } from '../../src/dialects/call';
import { RouteTable } from '../../src/dialects/dispatch';
import { dialectHandler, runRoute, type CallerOf, type Dialect } from '../../src/dialects/handler';
import {
  authorizationIn,
  principalOf,
  anonymousPrincipal,
  type Principal,
  type Logins,
} from '../../src/dialects/logins';
import { plainPayload } from '../../src/dialects/payload/checked_body';
import type { DialectParts } from '../../src/dialects/plugin';
import { readQuery } from '../../src/dialects/query';
import { quote, unquote } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import type { Handler, Request } from '../../src/swift_api/message';
import { errorAnswer } from './errors';
import { bucketOfQsHost } from './host';
import { recognise, type Recognised } from './recognise';
import {
  checkUnambiguous,
  qsAccessKeyIn,
  readQsSignature,
  verifyQsSignature,
  type QsSignature,
  type QsSignedRequest,
} from './signature';

/** Configuration and dependencies of the filter. */
export interface QsHandlerOptions extends DialectParts<Route> {
  readonly logins: Logins;
  /** The `Server` header of responses. */
  readonly server: string;
  /** Whether URLs are accepted that have free text before other signed parameters. */
  readonly takesUrlsWithFreeText: boolean;
}

/** The parameters of a signed URL that hold its signature. */
const URL_SIGNATURE = new Set(['access_key_id', 'expires', 'signature']);

/** Answers requests of QingStor's API, and passes all others on. */
export function qsHandler(next: Handler, parts: QsHandlerOptions): Handler {
  const routes = new RouteTable(parts.routes);
  const dialect: Dialect<Recognised> = {
    recognise: (request) =>
      recognise(request, parts.domains) ?? (parts.isOwnByPath(request) ? 'path' : undefined),
    answer: async (request, recognised, callerOf) =>
      runRoute(await callOf(parts, request, recognised, callerOf), routes, plainPayload),
    errorAnswer,
    readersReadVersions: parts.readersReadVersions,
    cors: {
      power: parts.power,
      logins: parts.logins,
      anonymous: parts.anonymous,
      addressOf: (request) => addressIn(request.path, bucketOfQsHost(request, parts.domains)),
      accessKeyIn: ({ headers, query }) => qsAccessKeyIn(headers.get('authorization'), query),
      alwaysVaries: true,
    },
    common: (id) => Headers.of({ Server: parts.server, 'x-qs-request-id': id }),
  };
  return dialectHandler(next, dialect, parts.log);
}

async function callOf(
  parts: QsHandlerOptions,
  request: Request,
  recognised: Recognised,
  callerOf: CallerOf,
): Promise<CallHead> {
  const { location, domains } = parts;
  const { bucket, key } = addressIn(request.path, bucketOfQsHost(request, domains));
  const query = readQuery(request.query);
  const { signature, principal } =
    recognised === 'signed'
      ? await authenticate(parts, request)
      : { signature: undefined, principal: anonymousPrincipal(parts.anonymous, query) };
  const isSignatureParameter = (name: string) =>
    signature?.expires !== undefined && URL_SIGNATURE.has(name);
  return {
    request: withDecodedConditions(request),
    caller: callerOf(principal),
    bucket,
    key,
    parameters: new Map([...query].filter(([name]) => !isSignatureParameter(name))),
    location,
  };
}

const CONDITION = /(^|-)if-((none-)?match|(un)?modified-since)$/;

/**
 * Decodes the conditions of a request: the JavaScript SDK percent-encodes the quotes of
 * etags and the spaces of dates.
 */
function withDecodedConditions(request: Request): Request {
  const conditions = request.headers.filter((key) => CONDITION.test(key));
  const decoded = [...conditions.entries()].map(([name, value]) => [name, unquote(value)] as const);
  return { ...request, headers: request.headers.withAll(Headers.of(Object.fromEntries(decoded))) };
}

interface Admitted {
  readonly signature: QsSignature;
  readonly principal: Principal;
}

/**
 * Returns the signer of a request.
 *
 * @throws BucketError if the signature is missing or invalid
 */
async function authenticate(parts: QsHandlerOptions, request: Request): Promise<Admitted> {
  const { logins, skew } = parts;
  const authorization = authorizationIn(request.headers, 'malformed-authorization');
  const signature = readQsSignature(authorization, request.query);
  const credential = await logins.credentialSource.find(signature.accessKey);
  if (!credential) throw new BucketError('unknown-access-key', 'The access key is unknown.');
  const now = parts.now?.() ?? Date.now();
  verifyEither(formsOf(request, parts.domains), (form) =>
    verifyQsSignature(signature, credential.secretKey, form, now, skew),
  );
  checkUnambiguous(signature, request.query, parts.takesUrlsWithFreeText);
  return { signature, principal: principalOf(credential, logins) };
}

/**
 * Returns the forms of a request that may have been signed. If Host names the bucket,
 * SDKs differ in whether a slash follows it when nothing else does. The bucket is encoded
 * as in a path, and so has no question mark.
 */
function formsOf(
  request: Request,
  domains: readonly string[],
): readonly [QsSignedRequest, ...QsSignedRequest[]] {
  const { method, path, query, headers } = request;
  const bucket = bucketOfQsHost(request, domains);
  if (bucket === undefined) return [{ method, path, query, headers }];
  const folder = `/${quote(bucket)}`;
  const form = { method, path: folder + path, query, headers };
  return path === '/' ? [form, { ...form, path: folder }] : [form];
}

function verifyEither(
  [first, ...others]: readonly [QsSignedRequest, ...QsSignedRequest[]],
  verify: (form: QsSignedRequest) => void,
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
