import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { ClientGone } from '../swift_api/message';

/**
 * The body of a client's request. Nothing is read from the connection before the first
 * read. It can be destroyed without the connection, on which the response must still be
 * sent. It fails with `ClientGone` if the client disconnects before the body has ended,
 * or sends nothing for too long while it is waited for.
 */
export class ClientBody extends Readable {
  /** Bytes received so far. */
  receivedBytes = 0;
  /** Whether `100 Continue` was sent to the client, which waited for it. */
  hasSentContinue = false;
  private timer: NodeJS.Timeout | undefined;

  /** @param idle max milliseconds for which the client may send nothing */
  constructor(
    private readonly req: IncomingMessage,
    private readonly idle: number,
  ) {
    super({ highWaterMark: 64 * 1024 });
    this.on('error', () => undefined);
    req.on('close', this.onClose);
  }

  /** Asks a client that waits for it to send its body; once. */
  sendContinue(res: ServerResponse): void {
    if (this.hasSentContinue || res.headersSent || res.destroyed) return;
    this.hasSentContinue = true;
    res.writeContinue();
  }

  override _read(): void {
    if (this.timer === undefined) this.start();
    this.timer?.refresh();
    this.req.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.timer);
    this.req.off('data', this.onData).off('end', this.onEnd).off('close', this.onClose);
    // a complete request must be drained, or the connection would stall
    if (this.timer !== undefined && this.req.complete) this.req.resume();
    else if (this.timer !== undefined) this.req.pause();
    callback(error);
  }

  private start(): void {
    this.timer = setTimeout(() => {
      if (this.req.isPaused()) this.timer?.refresh();
      else this.destroy(new ClientGone(`the client sent nothing for ${this.idle / 1000} s`));
    }, this.idle);
    if (this.req.destroyed && !this.req.complete) {
      this.onClose();
      return;
    }
    this.req
      .on('data', this.onData)
      .on('end', this.onEnd)
      .on('error', () => undefined);
  }

  private readonly onData = (chunk: Buffer): void => {
    this.receivedBytes += chunk.length;
    this.timer?.refresh();
    if (!this.push(chunk)) this.req.pause();
  };

  private readonly onEnd = (): void => {
    clearTimeout(this.timer);
    this.push(null);
  };

  private readonly onClose = (): void => {
    if (!this.req.complete)
      this.destroy(new ClientGone('the client disconnected before its body had ended'));
  };
}
