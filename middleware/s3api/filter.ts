import { BucketError } from '../../src/buckets/errors';
import { addressOf } from '../../src/dialects/address';
import type { Route } from '../../src/dialects/s3/call';
import { dialectHandler, runRoute, type CallerOf, type Dialect } from '../../src/dialects/handler';
import { authorizationIn, anonymousPrincipal } from '../../src/dialects/logins';
import type { DialectParts } from '../../src/dialects/plugin';
import { readQuery, type Query } from '../../src/dialects/query';
import { errorAnswer } from '../../src/dialects/s3/errors';
import { EMPTY_SHA256, type SignedRequest } from '../../src/dialects/sigv4/canonical';
import { readSigning, signsQuery, type Signing } from '../../src/dialects/sigv4/signing';
import type { ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import type { FilterPaths } from '../../src/swift_api/request_target';
import type { FormOperation } from './form';
import { openPayload } from './payload';
import { verifyPolicy } from './policy';
import { recognise, type Recognised } from './recognise';
import type { Signer, Signers } from './signature/signers';
import { checkValidity } from './signature/validity';
import { WIRE_FORMAT } from './wire_format';

/** Configuration and dependencies of the filter. */
export interface S3HandlerOptions extends DialectParts<Route> {
  /** Those of all filters. */
  readonly paths: FilterPaths;
  readonly postForm: FormOperation;
  readonly signers: Signers;
}

/** Answers requests of S3's API, and passes all others on. */
export function s3Handler(next: Handler, parts: S3HandlerOptions): Handler {
  const dialect: Dialect<Recognised> = {
    recognise: (request) => recognise(request, parts.domains, parts.paths),
    answer: (request, recognised, callerOf) =>
      new Exchange(parts, callerOf, request).answer(recognised),
    errorAnswer: (error, request) => errorAnswer(error, request, WIRE_FORMAT.errors),
    readersReadVersions: parts.readersReadVersions,
    common: (id) => Headers.of({ 'x-amz-request-id': id, 'x-amz-id-2': id }),
  };
  return dialectHandler(next, dialect, parts.log);
}

/** Handles one request of the API. */
class Exchange {
  private readonly now: number;

  constructor(
    private readonly parts: S3HandlerOptions,
    private readonly callerOf: CallerOf,
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
    const { signing, signer } =
      recognised === 'signed' ? await this.authenticate(query) : this.anonymousSigner(query);
    const call = {
      request: toEffectiveRequest(request, query, signing),
      caller: this.callerOf(signer),
      bucket,
      key,
      parameters: new Map([...query].filter(([name]) => !isPresigningParameter(name, signing))),
      region: signing?.scope.region ?? parts.location,
      location: parts.location,
      wireFormat: WIRE_FORMAT,
    };
    // in a request that completes an upload, they are those of the resulting object
    const hasOwnChecksums = !(call.request.method === 'POST' && call.parameters.has('uploadId'));
    return runRoute(call, parts.routes, (request) =>
      openPayload(request, { signing, key: signer.key, hasOwnChecksums }),
    );
  }

  private async authenticate(
    query: Query,
  ): Promise<{ readonly signing: Signing; readonly signer: Signer }> {
    const { request, parts } = this;
    const { method, path, host } = request;
    authorizationIn(request.headers, 'invalid-argument');
    // the signed Host is the one that names the bucket
    const headers = host === undefined ? request.headers : request.headers.with('Host', host);
    const signing = readSigning(headers, query);
    checkValidity(signing, headers, this.now, parts.skew);
    return this.verify({ method, path, headers, query }, signing);
  }

  private async verify(
    request: SignedRequest,
    signing: Signing,
  ): Promise<{ signing: Signing; signer: Signer }> {
    try {
      return { signing, signer: await this.parts.signers.ofRequest(request, signing) };
    } catch (error) {
      if (!(
        error instanceof BucketError &&
        error.code === 'bad-signature' &&
        signing.mayBeOfNothing
      ))
        throw error;
      const emptyBodySigning = { ...signing, payload: EMPTY_SHA256, mayBeOfNothing: false };
      return this.verify(request, emptyBodySigning);
    }
  }

  private anonymousSigner(query: Query): { readonly signing: undefined; readonly signer: Signer } {
    return {
      signing: undefined,
      signer: { ...anonymousPrincipal(this.parts.anonymous, query), key: undefined },
    };
  }

  private async admit(fields: ReadonlyMap<string, ByteString>, bucket: ByteString) {
    const { signer, min, max } = await verifyPolicy(
      new Map([...fields, ['bucket', bucket]]),
      this.parts.signers,
      this.now,
    );
    return { caller: this.callerOf(signer), min, max };
  }
}

function isPresigningParameter(name: string, signing: Signing | undefined): boolean {
  return signing?.from === 'query' && name.toLowerCase().startsWith('x-amz-');
}

/**
 * Returns the headers that a presigned URL has in its query.
 *
 * @throws BucketError if one has another value elsewhere
 */
function presignedHeaders(headers: Headers, query: Query, signing: Signing): Headers {
  const sentHeaders = headers.byName();
  const presignedValues = new Map<string, readonly [name: string, value: ByteString]>();
  for (const [name, value] of query) {
    if (!isPresigningParameter(name, signing) || signsQuery(name)) continue;
    const key = Headers.key(name);
    const otherValue = presignedValues.get(key)?.[1] ?? sentHeaders.get(key) ?? value;
    if (otherValue !== value)
      throw new BucketError(
        'invalid-argument',
        'A header is given twice with different values, in the query or as a header.',
        {
          fields: { ArgumentName: name, ArgumentValue: value },
        },
      );
    presignedValues.set(key, [name, value]);
  }
  return Headers.of(Object.fromEntries(presignedValues.values()));
}

/**
 * Returns the request with the headers that a presigned URL has in its query, and without
 * the coding of its body, which reading the payload removes.
 */
function toEffectiveRequest(request: Request, query: Query, signing: Signing | undefined): Request {
  let { headers } = request;
  if (signing?.from === 'query')
    headers = headers.withAll(presignedHeaders(headers, query, signing));
  const codings = headers.get('content-encoding')?.split(',');
  const otherCodings = codings
    ?.map((each) => each.trim())
    .filter((each) => each.toLowerCase() !== 'aws-chunked');
  if (codings && otherCodings?.length !== codings.length)
    headers = otherCodings?.length
      ? headers.with('Content-Encoding', otherCodings.join(', '))
      : headers.without('content-encoding');
  return headers === request.headers ? request : { ...request, headers };
}
