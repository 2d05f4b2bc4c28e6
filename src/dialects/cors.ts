import { ask, type Caller, type Session } from '../buckets/caller';
import { isBucketName } from '../buckets/bucket';
import { BucketError } from '../buckets/errors';
import { drain } from '../http/body';
import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import type { Power } from '../swift_api/authority/authority';
import { withoutCredentials } from '../swift_api/client';
import {
  announcedRequest,
  grantHeaders,
  preflightHeaders,
  withPreflightVary,
  withVary,
} from '../swift_api/cors/headers';
import { fetchRules } from '../swift_api/cors/read_rules';
import { grantOf, type CorsGrant, type CorsRules } from '../swift_api/cors/rules';
import { readRules } from '../swift_api/cors/stored_rules';
import { isReadMethod, NO_BODY, type Request, type Response } from '../swift_api/message';
import { StoreError } from '../util/store_error';
import type { Address } from './address';
import { principalOf, unsignedPrincipal, type Logins, type Principal } from './logins';

/** What a dialect says about requests of web pages. */
export interface DialectCors {
  readonly power: Power;
  readonly logins: Logins;
  /** The session of unsigned requests; undefined if these are not allowed. */
  readonly anonymous: Session | undefined;
  /** @throws BucketError if the names are not valid */
  addressOf(request: Request): Address;
  /** Returns the access key that a request names, whether or not it is signed with it. */
  accessKeyIn(request: Request): ByteString | undefined;
  /**
   * Whether pages of named origins may send requests with the browser's own credentials.
   */
  readonly allowsCredentials?: boolean;
  /** Whether responses vary by Origin even to requests without one. */
  readonly alwaysVaries?: boolean;
}

/** The same for refusals of every kind, so that they reveal nothing of a bucket. */
const FORBIDDEN =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";

/**
 * A request of a web page and its response. The account is that of the signer, or before
 * that is known of the access key that the request names, or else the anonymous one. Of
 * the bucket only its CORS rules are read.
 */
export class CorsExchange {
  private reading: Promise<CorsRules | undefined> | undefined;

  constructor(
    private readonly cors: DialectCors,
    private readonly request: Request,
    /** Returns the caller for a principal, without this. */
    private readonly callerOf: (principal: Principal) => Caller,
  ) {}

  /**
   * Answers a preflight.
   *
   * @throws BucketError `cors-forbidden`, the same whether or not the bucket exists
   */
  async preflight(): Promise<Response> {
    const announced = announcedRequest(this.request.headers);
    const { origin, method } = announced;
    if (origin === '')
      throw new BucketError(
        'invalid-request',
        'Insufficient information. Origin request header needed.',
      );
    if (method === '')
      throw new BucketError('invalid-request', 'Invalid Access-Control-Request-Method: null');
    const rules = await this.rulesUnlessRefused();
    const grant = rules && grantOf(rules, announced);
    if (!grant) throw this.forbidden(method);
    const headers = preflightHeaders(grant, announced)
      .withAll(this.credentials(grant))
      .with('Content-Length', '0');
    return { status: 200, headers, body: NO_BODY };
  }

  /** Begins to read the rules once the principal is known. */
  begin(principal: Principal): void {
    this.reading ??= this.read(principal);
    // whoever awaits it handles its failure
    this.reading.catch(() => undefined);
  }

  /** Resolves once the rules are read: only then may the operation change them. */
  async begun(): Promise<void> {
    await this.reading?.catch(() => undefined);
  }

  /** Returns the headers of a response with those by which the page may read it. */
  async headersFor(headers: Headers): Promise<Headers> {
    const { request } = this;
    if (request.method === 'OPTIONS') return withPreflightVary(headers);
    const origin = request.headers.get('origin');
    if (!origin)
      return this.cors.alwaysVaries && isReadMethod(request.method) ? withVary(headers) : headers;
    const rules = await this.rulesIfPossible();
    const grant = rules && grantOf(rules, { origin, method: request.method, headers: [] });
    const granted = grant
      ? headers.withAll(grantHeaders(grant)).withAll(this.credentials(grant))
      : headers;
    return withVary(granted);
  }

  private credentials({ origin }: CorsGrant): Headers {
    const isNamed = origin !== '*' && origin !== 'null';
    return this.cors.allowsCredentials && isNamed
      ? Headers.of({ 'Access-Control-Allow-Credentials': 'true' })
      : Headers.none;
  }

  private forbidden(method: string): BucketError {
    const { key } = this.cors.addressOf(this.request);
    return new BucketError('cors-forbidden', FORBIDDEN, {
      fields: { Method: method, ResourceType: key === undefined ? 'BUCKET' : 'OBJECT' },
    });
  }

  /** A user whose login fails has no bucket, as far as a preflight may know. */
  private async rulesUnlessRefused(): Promise<CorsRules | undefined> {
    try {
      return await this.rules();
    } catch (error) {
      if (error instanceof BucketError && error.code === 'access-denied') return undefined;
      throw error;
    }
  }

  /** If the rules cannot be read, no page may read the response. */
  private async rulesIfPossible(): Promise<CorsRules | undefined> {
    try {
      return await this.rules();
    } catch (error) {
      if (error instanceof StoreError || error instanceof BucketError) return undefined;
      throw error;
    }
  }

  private async rules(): Promise<CorsRules | undefined> {
    if (this.reading !== undefined) return this.reading;
    const principal = await this.namedPrincipal();
    return principal && this.read(principal);
  }

  /** Returns the owner of the access key that the request names, unverified. */
  private async namedPrincipal(): Promise<Principal | undefined> {
    const { cors, request } = this;
    const { credentialSource } = cors.logins;
    const accessKey = cors.accessKeyIn(request);
    if (accessKey === undefined) return cors.anonymous && unsignedPrincipal(cors.anonymous);
    const credential = await credentialSource.find(accessKey);
    return credential && principalOf(credential, cors.logins);
  }

  private async read(principal: Principal): Promise<CorsRules | undefined> {
    const { cors, request } = this;
    const { bucket } = cors.addressOf(request);
    if (bucket === undefined || !isBucketName(bucket)) return undefined;
    const caller = this.callerOf(principal);
    if (cors.power === 'client') {
      const response = await ask(caller, { method: 'HEAD', container: bucket });
      await drain(response.body);
      return response.status < 300 ? readRules(response.headers) : undefined;
    }
    const { account } = await principal.session();
    const target = { version: 'v1', account, container: bucket };
    return fetchRules(target, withoutCredentials(request), caller.next, cors.power, readRules);
  }
}
