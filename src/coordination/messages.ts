/** What a member says to the hub. Numbers are the member's own, each used once. */
export type FromMember =
  /** It wants a lock, and waits so many milliseconds. */
  | {
      readonly kind: 'acquire';
      readonly id: number;
      readonly name: string;
      readonly wait: number;
    }
  /** It wants the lock no more, whether it has it or waits for it. */
  | { readonly kind: 'leave'; readonly id: number }
  /** All others are to forget a key. */
  | { readonly kind: 'drop'; readonly id: number; readonly cache: string; readonly key: string }
  /** It has forgotten what `forget` said. */
  | { readonly kind: 'forgotten'; readonly id: number };

/** What the hub says to a member. */
export type FromHub =
  /** The lock is the member's. */
  | { readonly kind: 'granted'; readonly id: number }
  /** It was not free in time. */
  | { readonly kind: 'late'; readonly id: number }
  /** A key is to be forgotten; the number is the hub's. */
  | { readonly kind: 'forget'; readonly id: number; readonly cache: string; readonly key: string }
  /** All others have forgotten. */
  | { readonly kind: 'dropped'; readonly id: number };

/** One end of a connection that keeps the order of messages, and loses none until it closes. */
export interface Channel<In, Out> {
  /** Does nothing on a channel that has closed. */
  send(message: Out): void;
  /** Called once, before the first message can come. */
  onMessage(listener: (message: In) => void): void;
  onClose(listener: () => void): void;
}
