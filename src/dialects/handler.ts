import { PayloadError } from '../buckets/payload_error';
import type { Caller } from '../buckets/caller';
import { BucketError } from '../buckets/errors';
import { PartsMemory } from '../buckets/uploads/parts_memory';
import { destroy } from '../http/body';
import { BodyMemoryFull } from '../http/body_memory';
import type { Headers } from '../http/headers';
import {
  isReading,
  NO_BODY,
  type Handler,
  type Request,
  type Response,
} from '../swift_api/message';
import type { Log } from '../util/log';
import { StoreError } from '../util/store_error';
import type { CallHead, Route } from './call';
import { routeOf } from './dispatch';
import { establishWriting } from './document';
import type { CheckedPayload } from './payload/checked_body';
import type { Principal } from './logins';
import { withPlainListings } from './plain_listings';

/** Who asks, as operations know them. */
export type CallerOf = (signer: Principal) => Caller;

/** What an API is beside its operations. */
export interface Dialect<Recognised> {
  /** How a request is one of this API; undefined: it is none. */
  recognise(request: Request): Recognised | undefined;
  /** Answers one. It throws a `BucketError` for the client, and what handlers throw. */
  answer(request: Request, recognised: Recognised, callerOf: CallerOf): Promise<Response>;
  /** The answer that an error is. */
  errorAnswer(error: BucketError, request: Request): Response;
  /** Whether a right to read an object is one to read its versions by their ids. */
  readonly readersReadVersions: boolean;
  /** The headers that each of its answers has, among them the id by which it can be asked about. */
  common(transactionId: string, isError: boolean): Headers;
}

/** Answers the requests of a dialect, and passes all others on. */
export function dialectHandler<Recognised>(
  next: Handler,
  dialect: Dialect<Recognised>,
  log: Log,
): Handler {
  const others = withPlainListings(next);
  const parts = new PartsMemory();
  const callerIn =
    (request: Request): CallerOf =>
    (signer) => ({
      next,
      request,
      user: signer.user,
      ...(signer.isAnonymous ? { isAnonymous: true } : {}),
      readersReadVersions: dialect.readersReadVersions,
      parts,
      session: (refused) => signer.session(refused),
    });
  return (request) => {
    const recognised = dialect.recognise(request);
    if (recognised === undefined) return others(request);
    return answered(request, dialect, log, async () => {
      checkType(request);
      return dialect.answer(request, recognised, callerIn(request));
    });
  };
}

/** The gatekeeper leaves it to the dialect to say so. @throws BucketError `invalid-argument` */
function checkType({ reservedType }: Request): void {
  if (reservedType === undefined) return;
  throw new BucketError('invalid-argument', 'The content type is one of those that are reserved.', {
    fields: { ArgumentName: 'Content-Type', ArgumentValue: reservedType },
  });
}

/** What comes of a request, as the dialect answers it. */
async function answered(
  request: Request,
  dialect: Pick<Dialect<never>, 'errorAnswer' | 'common'>,
  log: Log,
  work: () => Promise<Response>,
): Promise<Response> {
  const response = await work().catch((error: unknown) =>
    dialect.errorAnswer(spoken(error, request, log), request),
  );
  const headers = response.headers.withAll(
    dialect.common(request.transactionId, response.status >= 400),
  );
  // what an operation has not read nobody will
  destroy(request.body);
  if (request.method !== 'HEAD') return { ...response, headers };
  destroy(response.body);
  return { ...response, headers, body: NO_BODY };
}

/** What was thrown as an error of the API; rethrows what is none. */
function spoken(error: unknown, { transactionId }: Request, log: Log): BucketError {
  if (error instanceof BucketError) return error;
  if (error instanceof PayloadError) return error.reason;
  if (error instanceof BodyMemoryFull)
    return new BucketError('slow-down', 'Please reduce your request rate.');
  if (!(error instanceof StoreError)) throw error;
  log.warn({ txid: transactionId, status: error.status, err: error.message }, 'the store failed');
  return new BucketError('unavailable', 'Please reduce your request rate, or try again later.');
}

/**
 * Runs the operation that a call asks for. Where its payload turned out not to be what it should, that is what it fails with, whatever the operation
 * took it for.
 */
export async function runRoute<Head extends CallHead>(
  call: Head,
  routes: readonly Route<Head>[],
  payloadOf: (request: Request) => Promise<CheckedPayload>,
): Promise<Response> {
  const route = routeOf(call, routes);
  // of a client that has signed, a small body is not worth the question
  const { body, method } = call.request;
  if (call.caller.isAnonymous && !Buffer.isBuffer(body) && !isReading(method))
    await establishWriting(call);
  const payload = await payloadOf(call.request);
  const failed = (): BucketError | undefined => payload.failure();
  try {
    const response = await route.run({ ...call, payload });
    const failure = failed();
    if (failure === undefined) return response;
    destroy(response.body);
    throw failure;
  } catch (error) {
    throw failed() ?? error;
  } finally {
    destroy(payload.body);
  }
}
