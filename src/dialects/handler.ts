import { PayloadError } from '../buckets/payload_error';
import type { Caller } from '../buckets/caller';
import { BucketError } from '../buckets/errors';
import { PartsMemory } from '../buckets/uploads/parts_memory';
import { destroy, whileUnread } from '../http/body';
import { BodyMemoryFull } from '../http/body_memory';
import type { Headers } from '../http/headers';
import {
  isReadMethod,
  NO_BODY,
  type Handler,
  type Request,
  type Response,
} from '../swift_api/message';
import type { Log } from '../util/log';
import { StoreError } from '../util/store_error';
import type { CallHead, Route } from './call';
import { CorsExchange, type DialectCors } from './cors';
import type { RouteTable } from './dispatch';
import { checkWriteAccess } from './document';
import type { CheckedPayload } from './payload/checked_body';
import type { Principal } from './logins';
import { withPlainListings } from './plain_listings';

/** Returns the caller for a principal. */
export type CallerOf = (signer: Principal) => Caller;

/** An API without its operations. */
export interface Dialect<Recognised> {
  /** Parses a request of this API; returns undefined for other requests. */
  recognise(request: Request): Recognised | undefined;
  /**
   * Handles a request. Throws a `BucketError` for the client, and what handlers throw.
   */
  answer(request: Request, recognised: Recognised, callerOf: CallerOf): Promise<Response>;
  /** Returns the response for an error. */
  errorAnswer(error: BucketError, request: Request): Response;
  /** Whether the right to read an object includes reading its versions by their ids. */
  readonly readersReadVersions: boolean;
  /** What concerns requests of web pages. */
  readonly cors: DialectCors;
  /** Headers common to all responses, including the request id. */
  common(transactionId: string, isError: boolean): Headers;
}

/** Handles the requests of a dialect and forwards all others. */
export function dialectHandler<Recognised>(
  next: Handler,
  dialect: Dialect<Recognised>,
  log: Log,
): Handler {
  const others = withPlainListings(next);
  const parts = new PartsMemory();
  const callerIn =
    (request: Request): CallerOf =>
    (signer): Caller => ({
      next,
      request,
      user: signer.user,
      ...(signer.isAnonymous ? { isAnonymous: true } : {}),
      readersReadVersions: dialect.readersReadVersions,
      parts,
      isUser: (name) => signer.isUser?.(name) === true,
      session: (refused) => signer.session(refused),
    });
  return (request) => {
    const recognised = dialect.recognise(request);
    if (recognised === undefined) return others(request);
    const callerOf = callerIn(request);
    const cors = new CorsExchange(dialect.cors, request, callerOf);
    return respond(request, dialect, cors, log, async () => {
      checkType(request);
      if (request.method === 'OPTIONS') return cors.preflight();
      const isFromPage = request.headers.has('origin');
      return dialect.answer(request, recognised, isFromPage ? withCors(callerOf, cors) : callerOf);
    });
  };
}

/** Returns callers whose requests are sent once the rules of the bucket are read. */
function withCors(callerOf: CallerOf, cors: CorsExchange): CallerOf {
  return (signer) => {
    const caller = callerOf(signer);
    cors.begin(signer);
    const next: Handler = async (request) => {
      await cors.begun();
      return caller.next(request);
    };
    return { ...caller, next };
  };
}

/** Rejects a type that the gatekeeper reported. @throws BucketError `invalid-argument` */
function checkType({ reservedType }: Request): void {
  if (reservedType === undefined) return;
  throw new BucketError('invalid-argument', 'This content type is reserved.', {
    fields: { ArgumentName: 'Content-Type', ArgumentValue: reservedType },
  });
}

/** Runs `work` and returns the dialect's response for its result or its error. */
async function respond(
  request: Request,
  dialect: Pick<Dialect<never>, 'errorAnswer' | 'common'>,
  cors: CorsExchange,
  log: Log,
  work: () => Promise<Response>,
): Promise<Response> {
  const response = await work().catch((error: unknown) =>
    dialect.errorAnswer(toBucketError(error, request, log), request),
  );
  const ownHeaders = response.headers.withAll(
    dialect.common(request.transactionId, response.status >= 400),
  );
  const headers = await whileUnread(response, () => cors.headersFor(ownHeaders));
  // nobody reads the rest of the body after the operation
  destroy(request.body);
  if (request.method !== 'HEAD') return { ...response, headers };
  destroy(response.body);
  return { ...response, headers, body: NO_BODY };
}

/** Maps an error to one of the API; rethrows any other. */
function toBucketError(error: unknown, { transactionId }: Request, log: Log): BucketError {
  if (error instanceof BucketError) return error;
  if (error instanceof PayloadError) return error.reason;
  if (error instanceof BodyMemoryFull)
    return new BucketError('slow-down', 'Please reduce your request rate.');
  if (!(error instanceof StoreError)) throw error;
  log.warn({ txid: transactionId, status: error.status, err: error.message }, 'the store failed');
  return new BucketError('unavailable', 'Please reduce your request rate, or try again later.');
}

/**
 * Runs the operation of a request. If the payload turns out to be invalid, fails with
 * that error, whatever the operation made of it.
 */
export async function runRoute<Head extends CallHead>(
  call: Head,
  routes: RouteTable<Route<Head>>,
  payloadOf: (request: Request) => Promise<CheckedPayload>,
): Promise<Response> {
  const route = routes.find(call);
  // for a signed request with a small body the check costs too much
  const { body, method } = call.request;
  if (call.caller.isAnonymous && !Buffer.isBuffer(body) && !isReadMethod(method))
    await checkWriteAccess(call);
  const payload = await payloadOf(call.request);
  const failureOf = (): BucketError | undefined => payload.failure();
  try {
    const response = await route.run({ ...call, payload });
    const failure = failureOf();
    if (failure === undefined) return response;
    destroy(response.body);
    throw failure;
  } catch (error) {
    throw failureOf() ?? error;
  } finally {
    destroy(payload.body);
  }
}
