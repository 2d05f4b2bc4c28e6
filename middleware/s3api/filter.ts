import { BadPayload } from '../../src/buckets/bad_payload';
import type { Caller, Session } from '../../src/buckets/caller';
import { BucketError } from '../../src/buckets/errors';
import { PartsMemory } from '../../src/buckets/parts_memory';
import { destroy } from '../../src/http/body';
import type { ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { NO_BODY, type Handler, type Request, type Response } from '../../src/http/message';
import type { Log } from '../../src/log';
import { StoreError } from '../../src/stores/error';
import { addressOf } from './address';
import type { FormOperation, Route, S3Call } from './call';
import { routeOf } from './dispatch';
import { errorAnswer } from './errors';
import { payloadOf, type SignedBody } from './payload';
import { withPlainListings } from './plain_listings';
import { verifyPolicy } from './policy';
import { readQuery, type Query } from './query';
import { recognise, type Recognised } from './recognise';
import { NOTHING, type Signed } from './signature/canonical';
import { readSigning, signsQuery, type Signing } from './signature/signing';
import type { Signer, Signers } from './signature/signers';
import { checkValidity } from './signature/validity';

/** What the API is spoken with. */
export interface S3Parts {
  readonly routes: readonly Route[];
  readonly postForm: FormOperation;
  readonly signers: Signers;
  /** Whose subdomains are buckets, in lower case. */
  readonly domains: readonly string[];
  /** The region in which the buckets are. */
  readonly location: string;
  /** Milliseconds by which a client's clock may be wrong. */
  readonly skew: number;
  /** Who asks without a signature; undefined: nobody may. */
  readonly anonymous: Session | undefined;
  readonly log: Log;
  readonly now?: () => number;
}

/** Answers the requests of S3's API, and passes all others on. */
export function s3Handler(next: Handler, parts: S3Parts): Handler {
  const others = withPlainListings(next);
  const known = new PartsMemory();
  return (request) => {
    const recognised = recognise(request, parts.domains);
    if (recognised === undefined) return others(request);
    return answered(request, parts.log, () => new Exchange(next, parts, known, request).answer(recognised));
  };
}

/** What comes of a request, as S3 answers it. */
async function answered(request: Request, log: Log, work: () => Promise<Response>): Promise<Response> {
  const response = await work().catch((error: unknown) => errorAnswer(spoken(error, request, log), request));
  const ids = { 'x-amz-request-id': request.transactionId, 'x-amz-id-2': request.transactionId };
  const headers = response.headers.withAll(Headers.of(ids));
  // what an operation has not read nobody will
  destroy(request.body);
  if (request.method !== 'HEAD') return { ...response, headers };
  destroy(response.body);
  return { ...response, headers, body: NO_BODY };
}

/** What was thrown as an error of the API; rethrows what is none. */
function spoken(error: unknown, { transactionId }: Request, log: Log): BucketError {
  if (error instanceof BucketError) return error;
  if (error instanceof BadPayload) return error.reason;
  if (!(error instanceof StoreError)) throw error;
  log.warn({ txid: transactionId, status: error.status, err: error.message }, 'the store failed');
  return new BucketError('unavailable', 'Please reduce your request rate, or try again later.');
}

/** One request of the API. */
class Exchange {
  private readonly now: number;

  constructor(
    private readonly next: Handler,
    private readonly parts: S3Parts,
    private readonly known: PartsMemory,
    private readonly request: Request,
  ) {
    this.now = parts.now?.() ?? Date.now();
  }

  async answer(recognised: Recognised): Promise<Response> {
    const { request, parts } = this;
    const { bucket, key } = addressOf(request, parts.domains);
    if (recognised === 'form' && bucket !== undefined)
      return parts.postForm({ request, bucket, admit: (fields) => this.admit(fields, bucket) });
    const query = readQuery(request.query);
    const { signing, signer } = recognised === 'signed' ? await this.signed(query) : this.anonymous();
    const call = {
      request: asMeant(request, query, signing),
      caller: this.caller(signer),
      bucket,
      key,
      parameters: new Map([...query].filter(([name]) => !isOfPresigning(name, signing))),
      region: signing?.scope.region ?? parts.location,
      location: parts.location,
    };
    return this.run(call, { signing, key: signer.key });
  }

  private async run(
    call: Omit<S3Call, 'payload'>,
    signed: Pick<SignedBody, 'signing' | 'key'>,
  ): Promise<Response> {
    const route = routeOf(call, this.parts.routes);
    // to complete an upload these are of the object that comes of it
    const hasOwnChecksums = !(call.request.method === 'POST' && call.parameters.has('uploadId'));
    const payload = await payloadOf(call.request, { ...signed, hasOwnChecksums });
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

  private async signed(query: Query): Promise<{ readonly signing: Signing; readonly signer: Signer }> {
    const { request, parts } = this;
    const { method, path, headers } = request;
    const authorizations = [...headers.entries()].filter(([name]) => name === 'authorization');
    if (authorizations.length > 1) throw new BucketError('invalid-argument', 'Authorization is given twice.');
    const signing = readSigning(headers, query);
    checkValidity(signing, headers, this.now, parts.skew);
    return this.judged({ method, path, headers, query }, signing);
  }

  private async judged(request: Signed, signing: Signing): Promise<{ signing: Signing; signer: Signer }> {
    try {
      return { signing, signer: await this.parts.signers.ofRequest(request, signing) };
    } catch (error) {
      if (!(error instanceof BucketError && error.code === 'bad-signature' && signing.mayBeOfNothing))
        throw error;
      const ofNothing = { ...signing, payload: NOTHING, mayBeOfNothing: false };
      return this.judged(request, ofNothing);
    }
  }

  private anonymous(): { readonly signing: undefined; readonly signer: Signer } {
    const { anonymous } = this.parts;
    if (anonymous === undefined) throw new BucketError('access-denied', 'Access Denied');
    const session = () => Promise.resolve(anonymous);
    return { signing: undefined, signer: { user: 'anonymous', key: undefined, session } };
  }

  private caller(signer: Signer): Caller {
    const session = (refused?: ByteString) => signer.session(refused);
    return { next: this.next, request: this.request, user: signer.user, parts: this.known, session };
  }

  private async admit(fields: ReadonlyMap<string, ByteString>, bucket: ByteString) {
    const { signer, least, most } = await verifyPolicy(
      new Map([...fields, ['bucket', bucket]]),
      this.parts.signers,
      this.now,
    );
    return { caller: this.caller(signer), least, most };
  }
}

function isOfPresigning(name: string, signing: Signing | undefined): boolean {
  return signing?.from === 'query' && name.toLowerCase().startsWith('x-amz-');
}

/** The request with the headers that a presigned URL has in its query, and without the coding of its body, which the payload takes off. */
function asMeant(request: Request, query: Query, signing: Signing | undefined): Request {
  let { headers } = request;
  if (signing?.from === 'query') {
    for (const [name, value] of query) {
      if (!isOfPresigning(name, signing) || signsQuery(name)) continue;
      if (headers.has(name) && headers.get(name) !== value)
        throw new BucketError('invalid-argument', 'A header is given twice, in the query and as such.', {
          fields: { ArgumentName: name, ArgumentValue: value },
        });
      headers = headers.with(name, value);
    }
  }
  const codings = headers.get('content-encoding')?.split(',');
  const kept = codings?.map((each) => each.trim()).filter((each) => each.toLowerCase() !== 'aws-chunked');
  if (codings && kept?.length !== codings.length)
    headers = kept?.length
      ? headers.with('Content-Encoding', kept.join(', '))
      : headers.without('content-encoding');
  return headers === request.headers ? request : { ...request, headers };
}
