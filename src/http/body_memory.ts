import type { ByteString } from './bytes';

/** What a process keeps of bodies by default, in bytes. */
export const USUAL_BODY_MEMORY = 256 * 1024 * 1024;

/** No account holds more than one part in so many. */
const PARTS = 4;

/** The process holds as much of bodies as it may, or an account as much as one may. */
export class BodyMemoryFull extends Error {
  override readonly name = 'BodyMemoryFull';

  constructor() {
    super('too many bodies are held in memory; please try again later');
  }
}

/** Bounds the bytes of all bodies that a process holds as a whole at one time. */
export class BodyMemory {
  private sum = 0;
  private readonly byAccount = new Map<ByteString, number>();

  /** @param max bytes of all bodies together; one account holds a quarter of them at most */
  constructor(readonly max: number = USUAL_BODY_MEMORY) {}

  /** Bytes that are held now. */
  get held(): number {
    return this.sum;
  }

  /** How many accounts hold something now. */
  get accounts(): number {
    return this.byAccount.size;
  }

  /** Whatever is held for one exchange with a client; its server releases it when that is over. */
  exchange(): HeldBytes {
    return new HeldBytes(this);
  }

  /** For `HeldBytes` only: whether so many bytes more may be held; they count from then on. */
  add(account: ByteString | undefined, bytes: number): boolean {
    const before = account === undefined ? 0 : (this.byAccount.get(account) ?? 0);
    if (this.sum + bytes > this.max || before + bytes > this.max / PARTS) return false;
    this.sum += bytes;
    if (account !== undefined) this.byAccount.set(account, before + bytes);
    return true;
  }

  /** For `HeldBytes` only: the opposite. */
  subtract(account: ByteString | undefined, bytes: number): void {
    this.sum -= bytes;
    if (account === undefined) return;
    const left = (this.byAccount.get(account) ?? 0) - bytes;
    if (left > 0) this.byAccount.set(account, left);
    else this.byAccount.delete(account);
  }
}

/** The bytes that are held for one exchange with a client. */
export class HeldBytes {
  private readonly parts = new Map<ByteString | undefined, number>();
  private isOver = false;

  constructor(private readonly memory: BodyMemory) {}

  /**
   * Counts bytes before they are kept.
   *
   * @param account for whom they are held; undefined: it is not known, and they count to the sum only
   * @returns releases them before the exchange is over
   * @throws BodyMemoryFull if there is no room, or if the exchange is over
   */
  take(account: ByteString | undefined, bytes: number): () => void {
    if (this.isOver || !this.memory.add(account, bytes)) throw new BodyMemoryFull();
    this.parts.set(account, (this.parts.get(account) ?? 0) + bytes);
    let isHeld = true;
    return () => {
      if (!isHeld || this.isOver) return;
      isHeld = false;
      this.parts.set(account, (this.parts.get(account) ?? 0) - bytes);
      this.memory.subtract(account, bytes);
    };
  }

  /** Releases all of them. Nothing can be taken any more. */
  release(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const [account, bytes] of this.parts) this.memory.subtract(account, bytes);
  }
}
