import { LRUCache } from 'lru-cache';
import type { ByteString } from '../../http/bytes';
import { ClientGone } from '../../swift_api/message';

/** Milliseconds for which something is remembered. */
const AGE = 10_000;
const MAX_BUCKETS = 10_000;

/** What of a bucket tells whether parts of uploads could be left behind by what is done there. */
export interface PartsInBucket {
  /** It has had uploads in parts. */
  readonly hasHad: boolean;
  /** What is overwritten or deleted there is kept as a version. */
  readonly isEnabled: boolean;
}

/**
 * Remembers for a while what writes would else ask the store each time. Where another process changes it meanwhile, nothing is lost by that: parts of
 * an object stay that is gone.
 */
export class PartsMemory {
  private readonly known = new LRUCache<string, Promise<PartsInBucket>>({
    max: MAX_BUCKETS,
    ttl: AGE,
  });

  /** @param find asks the store; what it rejects with is not remembered */
  async of(
    account: ByteString,
    bucket: ByteString,
    find: () => Promise<PartsInBucket>,
  ): Promise<PartsInBucket> {
    const key = keyOf(account, bucket);
    for (;;) {
      const known = this.known.get(key);
      if (!known) return this.found(key, find());
      try {
        return await known;
      } catch (error) {
        // another client's, who has gone: this one has not
        if (!(error instanceof ClientGone)) throw error;
        if (this.known.peek(key) === known) this.known.delete(key);
      }
    }
  }

  private found(key: string, found: Promise<PartsInBucket>): Promise<PartsInBucket> {
    this.known.set(key, found);
    found.catch(() => {
      if (this.known.peek(key) === found) this.known.delete(key);
    });
    return found;
  }

  /** It is changed now. */
  forget(account: ByteString, bucket: ByteString): void {
    this.known.delete(keyOf(account, bucket));
  }
}

function keyOf(account: ByteString, bucket: ByteString): string {
  return `${account}/${bucket}`;
}
