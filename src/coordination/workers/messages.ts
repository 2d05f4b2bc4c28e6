/**
 * What members do with a key of a cache. `drop`: invalidate it. `close`: invalidate it,
 * and keep it closed once no shared lease is left. `open`: invalidate it and open it
 * again.
 */
export type Broadcast =
  | { readonly what: 'drop' | 'open'; readonly cache: string; readonly key: string }
  | {
      readonly what: 'close';
      readonly cache: string;
      readonly key: string;
      readonly patience: number;
    };

/** Messages of a member to the hub. Ids are the member's own, each used once. */
export type FromMember =
  /**
   * Requests the lock of the name with this spelling, and waits `wait` milliseconds at
   * most.
   */
  | {
      readonly kind: 'acquire';
      readonly id: number;
      readonly name: string;
      readonly wait: number;
    }
  /** Releases a lock, or stops waiting for it. */
  | { readonly kind: 'leave'; readonly id: number }
  /** Asks all other members to do something. */
  | { readonly kind: 'ask'; readonly id: number; readonly deed: Broadcast }
  /** Reports that the member has done what `do` asked for, or why it failed. */
  | { readonly kind: 'did'; readonly id: number; readonly failure?: string | undefined };

/** Messages of the hub to a member. */
export type FromHub =
  /** The member now holds the lock. */
  | { readonly kind: 'granted'; readonly id: number }
  /** The lock was not free in time. */
  | { readonly kind: 'late'; readonly id: number }
  /** Asks the member to do something; the id is the hub's. */
  | { readonly kind: 'do'; readonly id: number; readonly deed: Broadcast }
  /** All others have done it, or one failed. */
  | { readonly kind: 'done'; readonly id: number; readonly failure?: string | undefined };

/**
 * One end of a connection that preserves the order of messages, and loses none until it
 * closes.
 */
export interface Channel<In, Out> {
  /** Does nothing if the channel has closed. */
  send(message: Out): void;
  /** Must be called once, before the first message can arrive. */
  onMessage(listener: (message: In) => void): void;
  onClose(listener: () => void): void;
}
