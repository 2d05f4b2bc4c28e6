import { addressOf } from '../../src/dialects/address';
import type { Route } from '../../src/dialects/s3/call';
import { RouteTable } from '../../src/dialects/dispatch';
import { dialectHandler, runRoute, type CallerOf, type Dialect } from '../../src/dialects/handler';
import { anonymousPrincipal, type Logins } from '../../src/dialects/logins';
import type { DialectParts } from '../../src/dialects/plugin';
import { readQuery, type Query } from '../../src/dialects/query';
import { errorAnswer } from '../../src/dialects/s3/errors';
import { UNSIGNED } from '../../src/dialects/sigv4/signing';
import type { ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import type { FilterPaths } from '../../src/swift_api/request_target';
import { accessKeyIn } from './access_key';
import type { FormOperation } from './form';
import { openPayload } from './payload';
import { verifyPolicy } from './policy';
import { recognise, type Recognised } from './recognise';
import { authenticate, type Authenticated, type SignatureChecks } from './signature/authenticate';
import { WIRE_FORMAT } from './wire_format';

/** Configuration and dependencies of the filter. */
export interface S3HandlerOptions extends DialectParts<Route>, SignatureChecks {
  /** Those of all filters. */
  readonly paths: FilterPaths;
  readonly postForm: FormOperation;
  readonly logins: Logins;
}

/** Answers requests of S3's API, and passes all others on. */
export function s3Handler(next: Handler, parts: S3HandlerOptions): Handler {
  const routes = new RouteTable(parts.routes);
  const dialect: Dialect<Recognised> = {
    recognise: (request) =>
      recognise(request, parts.domains, parts.paths) ??
      (parts.isOwnByPath(request) ? 'path' : undefined),
    answer: (request, recognised, callerOf) =>
      new Exchange(parts, routes, callerOf, request).answer(recognised),
    errorAnswer: (error, request) => errorAnswer(error, request, WIRE_FORMAT.errors),
    readersReadVersions: parts.readersReadVersions,
    cors: {
      power: parts.power,
      logins: parts.logins,
      anonymous: parts.anonymous,
      addressOf: (request) => addressOf(request, parts.domains),
      accessKeyIn,
      allowsCredentials: true,
    },
    common: (id) => Headers.of({ 'x-amz-request-id': id, 'x-amz-id-2': id }),
  };
  return dialectHandler(next, dialect, parts.log);
}

/** Handles one request of the API. */
class Exchange {
  private readonly now: number;

  constructor(
    private readonly parts: S3HandlerOptions,
    private readonly routes: RouteTable<Route>,
    private readonly callerOf: CallerOf,
    private readonly request: Request,
  ) {
    this.now = parts.now?.() ?? Date.now();
  }

  async answer(recognised: Recognised): Promise<Response> {
    const { request, parts } = this;
    const address = addressOf(request, parts.domains);
    const { bucket } = address;
    if (recognised === 'form' && bucket !== undefined)
      return parts.postForm({ request, bucket, admit: (fields) => this.admit(fields, bucket) });
    const query = readQuery(request.query);
    const { signer, headers, parameters, payload, signing } =
      recognised === 'signed'
        ? await authenticate(request, address, query, this.now, parts)
        : this.anonymous(query);
    const call = {
      request: { ...request, headers: withoutChunkedCoding(headers) },
      caller: this.callerOf(signer),
      ...address,
      parameters,
      region: signing?.scope.region ?? parts.location,
      location: parts.location,
      wireFormat: WIRE_FORMAT,
    };
    // in a request that completes an upload, they are those of the resulting object
    const hasOwnChecksums = !(request.method === 'POST' && parameters.has('uploadId'));
    return runRoute(call, this.routes, (request) =>
      openPayload(request, { payload, signing, key: signer.key, hasOwnChecksums }),
    );
  }

  private anonymous(query: Query): Authenticated {
    return {
      signer: { ...anonymousPrincipal(this.parts.anonymous, query), key: undefined },
      headers: this.request.headers,
      parameters: query,
      payload: UNSIGNED,
      signing: undefined,
    };
  }

  private async admit(fields: ReadonlyMap<string, ByteString>, bucket: ByteString) {
    const { signer, min, max } = await verifyPolicy(
      new Map([...fields, ['bucket', bucket]]),
      this.parts,
      this.now,
    );
    return { caller: this.callerOf(signer), min, max };
  }
}

/** Removes the coding that reading the payload decodes. */
function withoutChunkedCoding(headers: Headers): Headers {
  const codings = headers.get('content-encoding')?.split(',');
  const otherCodings = codings
    ?.map((each) => each.trim())
    .filter((each) => each.toLowerCase() !== 'aws-chunked');
  if (!codings || otherCodings?.length === codings.length) return headers;
  return otherCodings?.length
    ? headers.with('Content-Encoding', otherCodings.join(', '))
    : headers.without('content-encoding');
}
