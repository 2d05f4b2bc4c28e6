/** What members do with a key of a cache: forget it; forget it and keep it closed once nobody uses it; forget it and open it again. */
export type Broadcast =
  | { readonly what: 'drop' | 'open'; readonly cache: string; readonly key: string }
  | {
      readonly what: 'close';
      readonly cache: string;
      readonly key: string;
      readonly patience: number;
    };

/** What a member says to the hub. Numbers are the member's own, each used once. */
export type FromMember =
  /** It wants the lock of a name that is spelled so, and waits so many milliseconds. */
  | {
      readonly kind: 'acquire';
      readonly id: number;
      readonly name: string;
      readonly wait: number;
    }
  /** It wants the lock no more, whether it has it or waits for it. */
  | { readonly kind: 'leave'; readonly id: number }
  /** All others are to do something. */
  | { readonly kind: 'ask'; readonly id: number; readonly deed: Broadcast }
  /** It has done what `do` said, or could not. */
  | { readonly kind: 'did'; readonly id: number; readonly failure?: string | undefined };

/** What the hub says to a member. */
export type FromHub =
  /** The lock is the member's. */
  | { readonly kind: 'granted'; readonly id: number }
  /** It was not free in time. */
  | { readonly kind: 'late'; readonly id: number }
  /** Something is to be done; the number is the hub's. */
  | { readonly kind: 'do'; readonly id: number; readonly deed: Broadcast }
  /** All others have done it, or one could not. */
  | { readonly kind: 'done'; readonly id: number; readonly failure?: string | undefined };

/** One end of a connection that keeps the order of messages, and loses none until it closes. */
export interface Channel<In, Out> {
  /** Does nothing on a channel that has closed. */
  send(message: Out): void;
  /** Called once, before the first message can come. */
  onMessage(listener: (message: In) => void): void;
  onClose(listener: () => void): void;
}
