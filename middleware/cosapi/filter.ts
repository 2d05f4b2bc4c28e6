import { BucketError } from '../../src/buckets/errors';
import { addressIn, type Address } from '../../src/dialects/address';
import type { Route } from '../../src/dialects/s3/call';
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
import { CaselessQuery, readQuery, type Query } from '../../src/dialects/query';
import { errorAnswer } from '../../src/dialects/s3/errors';
import { unquote, type ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import { cosHost, type CosHost } from './host';
import { recognise, type Recognised } from './recognise';
import { inCos, inShared } from './renaming';
import {
  checkSigned,
  readCosSignature,
  signsQuery,
  verifyCosSignature,
  type CosSignature,
  type CosSigned,
} from './signature';
import { SPELLING } from './spelling';
import { checkCoverage, checkUrl, isGoodAsUrl } from './urls';

/** What the API is spoken with; besides its domains those of Tencent are known. */
export interface CosParts extends DialectParts<Route> {
  readonly logins: Logins;
  /** What answers have in `Server`. */
  readonly server: string;
  /** Whether signed URLs are good that do not say by their signature for which bucket they are. */
  readonly takesUrlsWithoutBucket: boolean;
  /** Whether a signature in `Authorization` is good that does not say by itself which operation is asked for. */
  readonly takesHeadersWithoutOperation: boolean;
}

/** Answers the requests of COS's API, and passes all others on. */
export function cosHandler(next: Handler, parts: CosParts): Handler {
  const dialect: Dialect<Recognised> = {
    recognise: (request) => recognise(request, parts.domains),
    answer: (request, recognised, callerOf) =>
      new Exchange(parts, callerOf, request).answer(recognised),
    errorAnswer: (error, request) => inCos(errorAnswer(asToldOf(error), request, SPELLING.errors)),
    readersReadVersions: parts.readersReadVersions,
    common: (id, isError) =>
      Headers.of({
        Server: parts.server,
        'x-cos-request-id': id,
        // by the document on common headers only errors have it
        'x-cos-trace-id': isError ? id : undefined,
      }),
  };
  return dialectHandler(next, dialect, parts.log);
}

/** Of a delete marker that is asked for by its id COS says what it says of an object that is gone. */
function asToldOf(error: BucketError): BucketError {
  if (error.code !== 'is-delete-marker') return error;
  const { fields, marker } = error.details;
  return new BucketError('no-such-key', 'The specified key does not exist.', {
    fields: { Key: fields?.['Key'] ?? '' },
    ...(marker === undefined ? {} : { marker }),
  });
}

/** One request of the API. */
class Exchange {
  private readonly host: ByteString | undefined;
  private readonly place: CosHost;

  constructor(
    private readonly parts: CosParts,
    private readonly callerOf: CallerOf,
    private readonly request: Request,
  ) {
    this.host = request.host ?? request.headers.get('host');
    this.place = cosHost(this.host, parts.domains);
  }

  async answer(recognised: Recognised): Promise<Response> {
    const { request, parts, host, place } = this;
    const address = addressIn(request.path, place.bucket);
    const query = new CaselessQuery(readQuery(request.query, (name) => name.toLowerCase()));
    const isSigned = recognised === 'signed';
    const asking = isSigned
      ? await this.signer(address, query)
      : unsignedBy(parts.anonymous, query);
    const call = {
      ...address,
      request: inShared(request, host, parts.domains),
      caller: this.callerOf(asking),
      parameters: new CaselessQuery([...query].filter(([name]) => !signsQuery(name))),
      region: place.region ?? parts.location,
      location: parts.location,
      spelling: SPELLING,
    };
    return inCos(await runRoute(call, parts.routes, plainPayload));
  }

  private async signer(address: Address, query: Query): Promise<Principal> {
    const { request, parts } = this;
    const { headers } = request;
    const authorization = authorizationIn(headers, 'invalid-argument');
    if (headers.has('x-cos-security-token') || query.has('x-cos-security-token'))
      throw new BucketError(
        'invalid-request',
        'Temporary keys (x-cos-security-token) are not known here.',
      );
    const signature = readCosSignature(authorization, request.query);
    checkSigned(signature, headers);
    const credential = await parts.logins.known.find(signature.accessKey);
    if (!credential) throw unknown(signature.accessKey);
    const forms = this.forms(signature, address);
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
    // a client may send the signature of a URL that it was given as Authorization, too
    if ((isUrl || !takesHeadersWithoutOperation) && isGoodAsUrl(signature, takesUrlsWithoutBucket))
      checkCoverage(signature, headers, query, parts.routes);
    return knownBy(credential, parts.logins.sessions);
  }

  /**
   * What may have been signed. If the bucket is in the path because of the option `Domain` of
   * COS's SDK, the SDK does not know that and signs the rest of the path: such a signature is
   * good for any bucket of its signer.
   */
  private forms({ from }: CosSignature, { bucket }: Address): CosSigned[] {
    const { request, parts, host, place } = this;
    const { method, query } = request;
    const headers = host === undefined ? request.headers : request.headers.with('Host', host);
    const path = unquote(request.path);
    const form = { method, path, query, headers };
    const mayBeWithout = from === 'header' || parts.takesUrlsWithoutBucket;
    if (bucket === undefined || place.bucket !== undefined || place.isOwn || !mayBeWithout)
      return [form];
    return [form, { ...form, path: path.slice(bucket.length + 1) || '/' }];
  }
}

function unknown(accessKey: ByteString): BucketError {
  return new BucketError(
    'unknown-access-key',
    'The access key Id format you provided is invalid or unknown.',
    {
      fields: { AccessKeyId: accessKey },
    },
  );
}
