import { authorityOn } from './authority';
import type { Outcome } from './archive/execute';
import { destroy, drain, receiveFirst } from '../http/body';
import type { ByteString } from '../http/bytes';
import type { Authority } from '../swift_api/authority/authority';
import { ClientGone, type Handler, type Request, type Response } from '../swift_api/message';
import type { ObjectTarget } from '../swift_api/target';
import type { Lock, Locker } from '../coordination/locks/locker';
import { LockName } from '../coordination/locks/lock_names';
import type { App } from '../plugin/plugin';
import { StoreError } from '../util/store_error';
import { isHeartbeatResponse, followHeartbeat } from './heartbeat_response';
import { Call } from './calls';
import { Progress } from './progress';
import { unavailable } from './error_responses';
import { whileHeld } from './while_held';

/** So much of a body is received before its object is locked, so that a slow client holds no lock while it sends nothing. */
const RECEIVED_BEFORE_LOCK = 64 * 1024;

/** What holding an object takes. */
export interface LockOptions {
  readonly app: Pick<App, 'power' | 'mayLock'>;
  /** The container to which the object's versions go, if its container names one. */
  readonly archive?: ByteString;
  readonly locker: Locker;
  /** Milliseconds that a write waits for the writes to the same object before it. */
  readonly lockWait: number;
  /** Milliseconds in which 64 KiB of a body must come that is received while its object is locked. */
  readonly stallTime: number;
}

/**
 * Does something to an object while its lock is held. Only a client that may write the object gets the lock.
 *
 * @param work what to do; its answer is the client's, unless the store's began before it was known what became of the request
 * @throws LockTimeout where others hold it for too long
 * @throws NameRefused
 */
export async function withObjectLock(
  request: Request,
  written: ObjectTarget,
  holding: LockOptions,
  next: Handler,
  work: (locked: LockedRequest) => Promise<Response>,
): Promise<Response> {
  const name = LockName.ofObject(written);
  const right = await holding.app.mayLock(request, written);
  if ('status' in right) {
    destroy(request.body);
    return right;
  }
  const authority = authorityOn(holding.app.power, right, holding.archive);
  const body = request.sendContinue
    ? request.body
    : await receiveFirst(request.body, RECEIVED_BEFORE_LOCK);
  const lock = await holding.locker.acquire(name, holding.lockWait, request.signal);
  return new Promise((resolve, reject) => {
    const locked = new LockedRequest(
      { ...request, body },
      written,
      lock,
      { ...holding, authority },
      next,
      (early) => {
        const { response, outcome } = followHeartbeat(early, () => done);
        resolve(response);
        return outcome;
      },
    );
    const done = work(locked).finally(lock.release);
    done.then(resolve, reject);
  });
}

/** A client's request whose object is locked. */
export class LockedRequest {
  /** On whose behalf the proxy's own requests are made: they come to an end also where the client does not wait for them. */
  readonly own: Request;
  /** Where requests go as long as the lock is held. */
  readonly next: Handler;
  private response: Response | undefined;
  private failure: unknown;
  private readonly progress: Progress;
  private readonly call: Call;

  constructor(
    readonly request: Request,
    target: ObjectTarget,
    private readonly lock: Lock,
    { authority, stallTime }: Pick<LockOptions, 'stallTime'> & { readonly authority: Authority },
    next: Handler,
    private readonly answerEarly: (response: Response) => Promise<Outcome>,
  ) {
    this.call = new Call(request, target);
    this.own = { ...request, authority, signal: lock.signal };
    this.next = (step) => {
      lock.confirm();
      return next({ ...step, confirm: lock.confirm });
    };
    this.progress = new Progress(stallTime, request.sendContinue === undefined);
  }

  /**
   * Lets the client's request through to the store, with its body and as long as its object is locked. Never rejects.
   *
   * @param send sends what it is given, or a request made of it
   * @param seen is shown the answer before the client sees it, and may change it
   */
  async forward(
    send: (request: Request) => Promise<Response>,
    seen: (response: Response) => Response = (response) => response,
  ): Promise<Outcome> {
    const { request, progress } = this;
    try {
      request.signal.throwIfAborted();
      const body = whileHeld(request.body, this.lock, progress);
      const response = seen(
        await send({ ...timed(request, progress), body, signal: this.lock.signal }),
      );
      this.response = response;
      if (isHeartbeatResponse(this.call, response)) return await this.answerEarly(response);
      return outcomeOf(request, response);
    } catch (error) {
      this.failure = progress.stalled ?? error;
      return certainlyFailed(request, error) ? 'failed' : 'unknown';
    }
  }

  /** Whether the client's request was let through, or was about to be. */
  get wasSent(): boolean {
    return this.response !== undefined || this.failure !== undefined;
  }

  /** Gives up the store's answer, for another. */
  async discard(): Promise<void> {
    if (this.response) await drain(this.response.body);
  }

  /** The request is answered so without having been let through. */
  refuse(response: Response): void {
    this.response = response;
  }

  /** What the client is answered. @throws what went wrong where the store did not answer */
  async answer(): Promise<Response> {
    if (this.failure !== undefined) throw this.failure as Error;
    const { response } = this;
    if (response === undefined) throw new Error('neither let through nor refused');
    if (!isOvertaken(this.call, response)) return response;
    await drain(response.body);
    return unavailable('the store kept a newer object');
  }
}

/** A request whose client is waited for once it is told to send. */
function timed(request: Request, progress: Progress): Request {
  const { sendContinue } = request;
  if (!sendContinue) return request;
  const told = () => {
    progress.begin();
    sendContinue();
  };
  return { ...request, sendContinue: told };
}

/** Swift answers 202 to a PUT that it drops because the object there is newer. */
function isOvertaken(call: Call, response: Response): boolean {
  const isWrite = !['DELETE', 'POST'].includes(call.request.method);
  return response.status === 202 && isWrite && !isHeartbeatResponse(call, response);
}

function outcomeOf(request: Request, { status }: Response): Outcome {
  if (status < 300) return status === 202 && request.method !== 'POST' ? 'unknown' : 'done';
  if (status === 404 && request.method === 'DELETE') return 'done';
  return status < 500 ? 'failed' : 'unknown';
}

/** Whether the store cannot have done what it was asked: it was not reached, or the body did not come to its end. */
function certainlyFailed(request: Request, error: unknown): boolean {
  if (error instanceof StoreError && error.code === 'unreachable') return true;
  if (Buffer.isBuffer(request.body))
    return request.signal.aborted && error === request.signal.reason;
  return error instanceof ClientGone || !request.body.readableEnded;
}
