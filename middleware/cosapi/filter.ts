import { BucketError } from '../../src/buckets/errors';
import { addressIn, type Address } from '../../src/dialects/address';
import type { Route } from '../../src/dialects/s3/call';
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
import { CaselessQuery, readQuery, type Query } from '../../src/dialects/query';
import { errorAnswer } from '../../src/dialects/s3/errors';
import { unquote, type ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import { parseCosHost, type CosHost } from './host';
import { recognise, type Recognised } from './recognise';
import { toCosResponse, toSharedRequest } from './renaming';
import {
  checkSignedHeaders,
  cosAccessKeyIn,
  readCosSignature,
  isSignatureParameter,
  verifyCosSignature,
  type CosSignature,
  type CosSignedRequest,
} from './signature';
import { WIRE_FORMAT } from './wire_format';
import { checkCoverage, checkUrl, isValidAsUrl } from './urls';

/**
 * Configuration and dependencies of the filter. Tencent's own domains are recognised
 * besides the configured ones.
 */
export interface CosHandlerOptions extends DialectParts<Route> {
  readonly logins: Logins;
  /** The `Server` header of responses. */
  readonly server: string;
  /** Whether signed URLs are accepted whose signature does not cover the bucket. */
  readonly takesUrlsWithoutBucket: boolean;
  /**
   * Whether a signature in `Authorization` is accepted that does not cover the operation.
   */
  readonly takesHeadersWithoutOperation: boolean;
}

/** Answers requests of COS's API, and passes all others on. */
export function cosHandler(next: Handler, parts: CosHandlerOptions): Handler {
  const routes = new RouteTable(parts.routes);
  const dialect: Dialect<Recognised> = {
    recognise: (request) =>
      recognise(request, parts.domains) ?? (parts.isOwnByPath(request) ? 'path' : undefined),
    answer: (request, recognised, callerOf) =>
      new Exchange(parts, routes, callerOf, request).answer(recognised),
    errorAnswer: (error, request) =>
      toCosResponse(errorAnswer(hideMarker(error), request, WIRE_FORMAT.errors)),
    readersReadVersions: parts.readersReadVersions,
    cors: {
      power: parts.power,
      logins: parts.logins,
      anonymous: parts.anonymous,
      addressOf: ({ path, headers, host = headers.get('host') }) =>
        addressIn(path, parseCosHost(host, parts.domains).bucket),
      accessKeyIn: ({ headers, query }) => cosAccessKeyIn(headers.get('authorization'), query),
      alwaysVaries: true,
    },
    common: (id, isError) =>
      Headers.of({
        Server: parts.server,
        'x-cos-request-id': id,
        // by the document on common headers, only errors have it
        'x-cos-trace-id': isError ? id : undefined,
      }),
  };
  return dialectHandler(next, dialect, parts.log);
}

/**
 * Replaces the error for a delete marker requested by its id: COS reports it as an object
 * that does not exist.
 */
function hideMarker(error: BucketError): BucketError {
  if (error.code !== 'is-delete-marker') return error;
  const { fields, marker } = error.details;
  return new BucketError('no-such-key', 'The specified key does not exist.', {
    fields: { Key: fields?.['Key'] ?? '' },
    ...(marker === undefined ? {} : { marker }),
  });
}

/** Handles one request of the API. */
class Exchange {
  private readonly host: ByteString | undefined;
  private readonly hostInfo: CosHost;

  constructor(
    private readonly parts: CosHandlerOptions,
    private readonly routes: RouteTable<Route>,
    private readonly callerOf: CallerOf,
    private readonly request: Request,
  ) {
    this.host = request.host ?? request.headers.get('host');
    this.hostInfo = parseCosHost(this.host, parts.domains);
  }

  async answer(recognised: Recognised): Promise<Response> {
    const { request, parts, host, hostInfo } = this;
    const address = addressIn(request.path, hostInfo.bucket);
    const query = new CaselessQuery(readQuery(request.query, (name) => name.toLowerCase()));
    const isSigned = recognised === 'signed';
    const principal = isSigned
      ? await this.authenticate(address, query)
      : anonymousPrincipal(parts.anonymous, query);
    const call = {
      ...address,
      request: toSharedRequest(request, host, parts.domains),
      caller: this.callerOf(principal),
      parameters: new CaselessQuery([...query].filter(([name]) => !isSignatureParameter(name))),
      region: hostInfo.region ?? parts.location,
      location: parts.location,
      wireFormat: WIRE_FORMAT,
    };
    return toCosResponse(await runRoute(call, this.routes, plainPayload));
  }

  private async authenticate(address: Address, query: Query): Promise<Principal> {
    const { request, parts } = this;
    const { headers } = request;
    const authorization = authorizationIn(headers, 'invalid-argument');
    if (headers.has('x-cos-security-token') || query.has('x-cos-security-token'))
      throw new BucketError(
        'invalid-request',
        'Temporary keys (x-cos-security-token) are not supported.',
      );
    const signature = readCosSignature(authorization, request.query);
    checkSignedHeaders(signature, headers);
    const credential = await parts.logins.credentialSource.find(signature.accessKey);
    if (!credential) throw unknownKey(signature.accessKey);
    const forms = this.signedForms(signature, address);
    verifyCosSignature(
      signature,
      credential.secretKey,
      forms,
      parts.now?.() ?? Date.now(),
      parts.skew,
    );
    const { takesUrlsWithoutBucket, takesHeadersWithoutOperation } = parts;
    const isUrl = signature.from === 'query';
    if (isUrl) checkUrl(signature, takesUrlsWithoutBucket);
    // a client may also send the signature of a URL that it received as Authorization
    if ((isUrl || !takesHeadersWithoutOperation) && isValidAsUrl(signature, takesUrlsWithoutBucket))
      checkCoverage(signature, headers, query, parts.routes);
    return principalOf(credential, parts.logins);
  }

  /**
   * Returns the forms of the request that may have been signed. If the bucket is in the
   * path because of the option `Domain` of COS's SDK, the SDK does not know that and
   * signs the rest of the path: such a signature is valid for any bucket of its signer.
   */
  private signedForms({ from }: CosSignature, { bucket }: Address): CosSignedRequest[] {
    const { request, parts, host, hostInfo } = this;
    const { method, query } = request;
    const headers = host === undefined ? request.headers : request.headers.with('Host', host);
    const path = unquote(request.path);
    const form = { method, path, query, headers };
    const mayOmitBucket = from === 'header' || parts.takesUrlsWithoutBucket;
    if (bucket === undefined || hostInfo.bucket !== undefined || hostInfo.isOwn || !mayOmitBucket)
      return [form];
    return [form, { ...form, path: path.slice(bucket.length + 1) || '/' }];
  }
}

function unknownKey(accessKey: ByteString): BucketError {
  return new BucketError(
    'unknown-access-key',
    'The access key Id format you provided is invalid or unknown.',
    {
      fields: { AccessKeyId: accessKey },
    },
  );
}
