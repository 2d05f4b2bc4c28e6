import type { ByteString } from './bytes';

/** Default limit on the bytes of bodies that a process holds. */
export const DEFAULT_BODY_MEMORY = 256 * 1024 * 1024;

/** An account may hold at most one of this many equal shares. */
const SHARES = 4;

/** The process holds as many bytes of bodies as it may, or the account does. */
export class BodyMemoryFull extends Error {
  override readonly name = 'BodyMemoryFull';

  constructor() {
    super('too many bodies are held in memory; please try again later');
  }
}

/** Limits the bytes of bodies that a process holds in memory. */
export class BodyMemory {
  private sum = 0;
  private readonly byAccount = new Map<ByteString, number>();

  /**
   * @param max bytes of all bodies together; an account may hold at most a quarter of
   * them
   */
  constructor(readonly max: number = DEFAULT_BODY_MEMORY) {}

  /** Bytes that are held now. */
  get held(): number {
    return this.sum;
  }

  /** How many accounts hold bytes now. */
  get accounts(): number {
    return this.byAccount.size;
  }

  /**
   * Starts counting for an exchange with a client; the server releases all of it at the
   * end.
   */
  newExchange(): HeldBytes {
    return new HeldBytes(this);
  }

  /**
   * For `HeldBytes` only: counts the bytes and returns true, or returns false if they do
   * not fit.
   */
  add(account: ByteString | undefined, bytes: number): boolean {
    const accountBytes = account === undefined ? 0 : (this.byAccount.get(account) ?? 0);
    if (this.sum + bytes > this.max || accountBytes + bytes > this.max / SHARES) return false;
    this.sum += bytes;
    if (account !== undefined) this.byAccount.set(account, accountBytes + bytes);
    return true;
  }

  /** For `HeldBytes` only: undoes `add`. */
  subtract(account: ByteString | undefined, bytes: number): void {
    this.sum -= bytes;
    if (account === undefined) return;
    const remaining = (this.byAccount.get(account) ?? 0) - bytes;
    if (remaining > 0) this.byAccount.set(account, remaining);
    else this.byAccount.delete(account);
  }
}

/** The bytes that are held for one exchange with a client. */
export class HeldBytes {
  /** Undefined as long as nothing was held, as in most exchanges. */
  private parts: Map<ByteString | undefined, number> | undefined;
  private isOver = false;

  constructor(private readonly memory: BodyMemory) {}

  /**
   * Counts bytes before they are held.
   *
   * @param account whose bytes they are; if undefined, they count towards the total only
   * @returns a function that releases them before the exchange ends
   * @throws BodyMemoryFull if there is no room, or the exchange has ended
   */
  take(account: ByteString | undefined, bytes: number): () => void {
    if (this.isOver || !this.memory.add(account, bytes)) throw new BodyMemoryFull();
    const parts = (this.parts ??= new Map<ByteString | undefined, number>());
    parts.set(account, (parts.get(account) ?? 0) + bytes);
    let isHeld = true;
    return () => {
      if (!isHeld || this.isOver) return;
      isHeld = false;
      parts.set(account, (parts.get(account) ?? 0) - bytes);
      this.memory.subtract(account, bytes);
    };
  }

  /** Releases all bytes. No more can be taken afterwards. */
  release(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const [account, bytes] of this.parts ?? []) this.memory.subtract(account, bytes);
  }
}
