import { Semaphore } from 'async-mutex';
import { LRUCache } from 'lru-cache';
import type { Credential, CredentialSource } from './credential';
import type { ByteString } from '../http/bytes';
import { StoreError } from '../util/store_error';

/** Max credentials that are cached, and max unknown access keys. */
const MAX_ENTRIES = 10_000;

/**
 * Milliseconds for which an access key is cached as unknown: the max wait for a new key
 * to work.
 */
const UNKNOWN_TTL = 5000;

/** Max requests in progress. */
const MAX_CONCURRENT = 16;

/** Max requests in progress or queued. */
const MAX_PENDING = 1000;

/** Max characters of an access key, as in AWS. */
const MAX_LENGTH = 128;

/**
 * Caches the credentials of another service, and which access keys it does not know.
 * Concurrent requests for one access key share the answer, and the number of requests in
 * progress is limited, so that random access keys do not overload the service.
 */
export class CachedCredentials implements CredentialSource {
  private readonly credentials: LRUCache<ByteString, Credential>;
  private readonly unknown: LRUCache<ByteString, true>;
  private readonly lookups = new Map<ByteString, Promise<Credential | undefined>>();
  private readonly slots = new Semaphore(MAX_CONCURRENT);

  /** @param time milliseconds for which a credential is cached, at least 1 */
  constructor(
    private readonly source: CredentialSource,
    time: number,
  ) {
    this.credentials = new LRUCache({ max: MAX_ENTRIES, ttl: time });
    this.unknown = new LRUCache({ max: MAX_ENTRIES, ttl: Math.min(time, UNKNOWN_TTL) });
  }

  /** @throws StoreError if the service did not answer, or too many requests are queued */
  async find(accessKey: ByteString): Promise<Credential | undefined> {
    if (accessKey.length > MAX_LENGTH) return undefined;
    const credential = this.credentials.get(accessKey);
    if (credential || this.unknown.has(accessKey)) return credential;
    return this.lookups.get(accessKey) ?? this.lookUp(accessKey);
  }

  private lookUp(accessKey: ByteString): Promise<Credential | undefined> {
    if (this.lookups.size >= MAX_PENDING)
      throw new StoreError(
        'unavailable',
        `${MAX_PENDING} access keys are already being looked up; retry`,
      );
    const lookup = this.slots
      .runExclusive(() => this.source.find(accessKey))
      .then((credential) => {
        if (credential) this.credentials.set(accessKey, credential);
        else this.unknown.set(accessKey, true);
        return credential;
      })
      .finally(() => this.lookups.delete(accessKey));
    this.lookups.set(accessKey, lookup);
    return lookup;
  }
}
