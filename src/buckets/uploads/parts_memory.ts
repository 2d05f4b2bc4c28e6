import { LRUCache } from 'lru-cache';
import type { ByteString } from '../../http/bytes';
import { ClientGone } from '../../swift_api/message';

/** Milliseconds after which an entry expires. */
const AGE = 10_000;
const MAX_BUCKETS = 10_000;

/** Whether operations in a bucket may leave parts of uploads behind. */
export interface PartsInBucket {
  /** The bucket has had multipart uploads. */
  readonly hasHad: boolean;
  /** Overwritten and deleted objects are kept as versions. */
  readonly isEnabled: boolean;
}

/**
 * Caches for a while what each write would otherwise ask the store. If another process
 * changes it in the meantime, nothing is lost: parts of a removed object stay.
 */
export class PartsMemory {
  private readonly entries = new LRUCache<string, Promise<PartsInBucket>>({
    max: MAX_BUCKETS,
    ttl: AGE,
  });

  /** @param find asks the store; a rejection is not cached */
  async of(
    account: ByteString,
    bucket: ByteString,
    find: () => Promise<PartsInBucket>,
  ): Promise<PartsInBucket> {
    const key = keyOf(account, bucket);
    for (;;) {
      const pending = this.entries.get(key);
      if (!pending) return this.remember(key, find());
      try {
        return await pending;
      } catch (error) {
        // the request belonged to another client, which has disconnected
        if (!(error instanceof ClientGone)) throw error;
        if (this.entries.peek(key) === pending) this.entries.delete(key);
      }
    }
  }

  private remember(key: string, pending: Promise<PartsInBucket>): Promise<PartsInBucket> {
    this.entries.set(key, pending);
    pending.catch(() => {
      if (this.entries.peek(key) === pending) this.entries.delete(key);
    });
    return pending;
  }

  /** Invalidates the entry of a bucket that has just changed. */
  invalidate(account: ByteString, bucket: ByteString): void {
    this.entries.delete(keyOf(account, bucket));
  }
}

function keyOf(account: ByteString, bucket: ByteString): string {
  return `${account}/${bucket}`;
}
