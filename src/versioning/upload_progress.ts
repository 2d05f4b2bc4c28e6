import { now } from '../util/clock';

/** Bytes of a body that must arrive in each stall time. */
const MIN_BYTES = 64 * 1024;

/** A client sent its body too slowly while other requests waited for the object. */
export class UploadStalled extends Error {
  override readonly name = 'UploadStalled';
}

/**
 * The progress of a client's body while other requests wait for its end. Only time spent
 * waiting for the client counts: not the store's time, nor the time before the client is
 * told to send.
 */
export class UploadProgress {
  /** Set once too little arrived in time. */
  stalled: UploadStalled | undefined;
  #giveUp: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #since = 0;
  #spent = 0;
  #bytes = 0;

  /**
   * @param stallTime milliseconds of waiting in which 64 KiB must arrive
   * @param isSending whether the client sends without being told to
   */
  constructor(
    private readonly stallTime: number,
    private isSending: boolean,
  ) {}

  /** Starts timing: the client was told to send. */
  begin(): void {
    if (this.isSending) return;
    this.isSending = true;
    if (this.#giveUp) this.#start(this.#giveUp);
  }

  /** Waits for the client until `came` is called; calls `giveUp` after the stall time. */
  wait(giveUp: (reason: UploadStalled) => void): void {
    this.#giveUp = () => {
      const seconds = this.stallTime / 1000;
      this.stalled = new UploadStalled(
        `the body came too slowly: less than 64 KiB in ${seconds} s while other requests may wait for this object`,
      );
      giveUp(this.stalled);
    };
    if (this.isSending) this.#start(this.#giveUp);
  }

  /** Ends a wait: `bytes` arrived, or nothing more is expected. */
  endWait(bytes: number): void {
    if (this.#timer) this.#spent += now() - this.#since;
    clearTimeout(this.#timer);
    this.#timer = this.#giveUp = undefined;
    this.#bytes += bytes;
    if (this.#bytes >= MIN_BYTES) this.#bytes = this.#spent = 0;
  }

  #start(giveUp: () => void): void {
    this.#since = now();
    this.#timer = setTimeout(giveUp, Math.max(0, this.stallTime - this.#spent)).unref();
  }
}
