import { now } from '../util/clock';

/** So many bytes of a body must come in each stall time. */
const ENOUGH = 64 * 1024;

/** A client sent its body so slowly that others would have had to wait for it. */
export class UploadStalled extends Error {
  override readonly name = 'UploadStalled';
}

/**
 * The progress of a client's body while others wait for its end. Only the time in which the client is waited for counts: not that which the store takes for what
 * has come, nor that before the client is told to send.
 */
export class Progress {
  /** Set where there was too little. */
  stalled: UploadStalled | undefined;
  #giveUp: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #since = 0;
  #spent = 0;
  #bytes = 0;

  /**
   * @param stallTime milliseconds of waiting in which 64 KiB must come
   * @param isSending whether the client sends without being told to
   */
  constructor(
    private readonly stallTime: number,
    private isSending: boolean,
  ) {}

  /** From now on the client is to send. */
  begin(): void {
    if (this.isSending) return;
    this.isSending = true;
    if (this.#giveUp) this.#start(this.#giveUp);
  }

  /** It is waited for until `came` is called; `giveUp` is where that takes too long. */
  wait(giveUp: (reason: UploadStalled) => void): void {
    this.#giveUp = () => {
      const seconds = this.stallTime / 1000;
      this.stalled = new UploadStalled(
        `the body came too slowly: others wait for this object, and less than 64 KiB came in ${seconds} s`,
      );
      giveUp(this.stalled);
    };
    if (this.isSending) this.#start(this.#giveUp);
  }

  /** So many bytes came, or it is waited for no more. */
  came(bytes: number): void {
    if (this.#timer) this.#spent += now() - this.#since;
    clearTimeout(this.#timer);
    this.#timer = this.#giveUp = undefined;
    this.#bytes += bytes;
    if (this.#bytes >= ENOUGH) this.#bytes = this.#spent = 0;
  }

  #start(giveUp: () => void): void {
    this.#since = now();
    this.#timer = setTimeout(giveUp, Math.max(0, this.stallTime - this.#spent)).unref();
  }
}
