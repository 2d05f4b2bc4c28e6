import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { destroy, type Body } from '../../http/body';
import { endToEndHeaders, Headers } from '../../http/headers';
import { NO_BODY, type Request, type Response } from '../../swift_api/message';
import { reasonOf } from '../../util/cancel_signal';

/** Max bytes of a body that is passed on as bytes if it arrives with its head. */
const MAX_AT_HAND = 64 * 1024;

/**
 * Sends a request through undici's `dispatch`, which costs a fraction of `request`.
 *
 * @param onOver called once the exchange is over, for undici too
 * @throws whatever `request.confirm` throws; the reason of the request's signal; errors
 *   of undici
 */
export function dispatch(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  request: Request,
  onOver: () => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(options, new Exchange(request, resolve, reject, onOver));
  });
}

type Controller = Dispatcher.DispatchController;

class Exchange implements Dispatcher.DispatchHandler {
  private controller: Controller | undefined;
  private status = 0;
  private headers = Headers.none;
  private received: Buffer[] = [];
  private body: IncomingBody | undefined;
  /** Whether HTTP allows the response no body: what comes nevertheless is discarded. */
  private isBodiless = false;
  private discarded = 0;
  private isOver = false;
  private isReleased = false;

  constructor(
    private readonly request: Request,
    private readonly resolve: (response: Response) => void,
    private readonly reject: (error: Error) => void,
    private readonly onOver: () => void,
  ) {
    request.signal.addEventListener('abort', this.onAbort);
  }

  onRequestStart(controller: Controller): void {
    this.controller = controller;
    // to throw here keeps the connection, on which nothing was sent yet
    if (this.request.signal.aborted) throw reasonOf(this.request.signal);
    this.request.confirm?.();
  }

  onResponseStart(controller: Controller, status: number): void {
    if (status < 200) return;
    this.status = status;
    this.headers = fromRaw(controller.rawHeaders);
    this.isBodiless = this.request.method === 'HEAD' || status === 204 || status === 304;
    if (this.isBodiless) this.answer(NO_BODY);
    else if (Number(this.headers.get('content-length')) > MAX_AT_HAND) this.stream(controller);
    // by then, undici has parsed all that had arrived
    else queueMicrotask(() => this.stream(controller));
  }

  /** Passes the response on with a body that is still to come, unless that has ended. */
  private stream(controller: Controller): void {
    if (this.isOver) return;
    this.body = new IncomingBody(controller);
    for (const chunk of this.received.splice(0)) this.body.push(chunk);
    this.answer(this.body);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.isBodiless) this.discard(controller, chunk);
    else if (!this.body) this.received.push(chunk);
    else if (!this.body.push(chunk)) controller.pause();
  }

  private discard(controller: Controller, { length }: Buffer): void {
    this.discarded += length;
    if (this.discarded > MAX_AT_HAND) controller.abort(new Error('a body that may not be there'));
  }

  onResponseEnd(): void {
    this.finish();
    this.release();
    if (this.isBodiless) return;
    if (this.body) this.body.end();
    // not the chunks themselves: each holds all that its read brought
    else this.answer(this.received.length === 0 ? NO_BODY : Buffer.concat(this.received));
  }

  onResponseError(_: Controller, error: Error): void {
    this.fail(error);
    this.release();
  }

  /** Undici may report an error of the request's body after the end of the response. */
  private release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.onOver();
  }

  private fail(error: Error): void {
    this.finish();
    destroy(this.request.body);
    const { body } = this;
    // a reader that has just received the response must be able to listen first
    if (body) queueMicrotask(() => body.on('error', () => undefined).destroy(error));
    // without effect if there was a response without a body
    else this.reject(error);
  }

  private answer(body: Body): void {
    const { status, headers } = this;
    this.resolve({ status, headers: endToEndHeaders(headers), body });
  }

  private readonly onAbort = (): void => {
    const reason = reasonOf(this.request.signal);
    if (this.controller) this.controller.abort(reason);
    // it still waits until a connection is established, on which it will not be sent
    else this.fail(reason);
  };

  private finish(): void {
    this.isOver = true;
    this.request.signal.removeEventListener('abort', this.onAbort);
  }
}

/** A body as it comes from the store; the store waits while nobody reads. */
class IncomingBody extends Readable {
  private hasEnded = false;

  constructor(private readonly controller: Controller) {
    super({ highWaterMark: 64 * 1024 });
  }

  end(): void {
    this.hasEnded = true;
    this.push(null);
  }

  override _read(): void {
    this.controller.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.hasEnded) this.controller.abort(error ?? new Error('nobody reads the response'));
    callback(error);
  }
}

function fromRaw(raw: Controller['rawHeaders']): Headers {
  const fields = raw as readonly (Buffer | string)[];
  return Headers.fromRaw(
    fields.map((each) => (typeof each === 'string' ? each : each.toString('latin1'))),
  );
}
