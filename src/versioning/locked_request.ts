import { authorityFor } from './authority';
import type { Outcome } from './archive/execute';
import { destroy, drain, receiveFirst } from '../http/body';
import type { ByteString } from '../http/bytes';
import type { Authority } from '../swift_api/authority/authority';
import {
  ClientGone,
  type DialectContext,
  type Handler,
  type Request,
  type Response,
} from '../swift_api/message';
import type { ObjectTarget } from '../swift_api/target';
import type { Lock, Locker } from '../coordination/locks/locker';
import { LockName } from '../coordination/locks/lock_names';
import type { App } from '../plugin/plugin';
import { StoreError } from '../util/store_error';
import { isHeartbeatResponse, followHeartbeat } from './heartbeat_response';
import { Call } from './calls';
import type { VersioningOptions } from './options';
import { UploadProgress } from './upload_progress';
import { unavailableResponse } from './error_responses';
import { bindBodyToLock } from './lock_bound_body';

/** Bytes of a body received before the lock, so that an idle client holds none. */
const RECEIVED_BEFORE_LOCK = 64 * 1024;

/** What locking an object takes. */
export interface LockOptions extends Pick<VersioningOptions, 'lock_wait' | 'upload_stall_time'> {
  readonly app: Pick<App, 'power' | 'mayLock'>;
  /** The container of the object's versions, if its container names one. */
  readonly archive?: ByteString;
  readonly locker: Locker;
}

/**
 * Runs `work` while an object is locked. Only a client that may write the object gets the
 * lock; without a service user, one that may read it, since the store checks each step.
 *
 * @param work returns the client's response; if the store sends a heartbeat response
 *   first, the client gets that one
 * @throws LockTimeout if others hold the lock for too long
 * @throws NameRefused
 */
export async function withObjectLock(
  request: Request,
  written: ObjectTarget,
  options: LockOptions,
  next: Handler,
  work: (locked: LockedRequest) => Promise<Response>,
): Promise<Response> {
  const name = LockName.ofObject(written);
  const right = await options.app.mayLock(request, written);
  if (right !== 'client' && 'status' in right) {
    destroy(request.body);
    return right;
  }
  const authority =
    right === 'client' ? right : authorityFor(options.app.power, right, options.archive);
  const body = request.sendContinue
    ? request.body
    : await receiveFirst(request.body, RECEIVED_BEFORE_LOCK);
  const lock = await options.locker.acquire(name, options.lock_wait, request.signal);
  return new Promise((resolve, reject) => {
    const locked = new LockedRequest(
      { ...request, body },
      written,
      lock,
      { ...options, authority },
      next,
      (heartbeat) => {
        const { response, outcome } = followHeartbeat(heartbeat, () => done);
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
  /** The parent of the proxy's own requests, which continue if the client disconnects. */
  readonly own: Request;
  /** Forwards requests while the lock is held. */
  readonly next: Handler;
  /** The condition of a filter for another API. */
  readonly refusal: DialectContext['refusal'];
  /** The client's request, without that condition: it is about what the client sees. */
  readonly request: Request;
  private response: Response | undefined;
  private failure: unknown;
  private readonly progress: UploadProgress;
  private readonly call: Call;

  constructor(
    request: Request,
    target: ObjectTarget,
    private readonly lock: Lock,
    {
      authority,
      upload_stall_time,
    }: Pick<LockOptions, 'upload_stall_time'> & { readonly authority: Authority },
    next: Handler,
    private readonly respondEarly: (response: Response) => Promise<Outcome>,
  ) {
    const { refusal, ...dialect } = request.dialect ?? {};
    this.refusal = refusal;
    this.request = refusal ? { ...request, dialect } : request;
    this.call = new Call(request, target);
    this.own = { ...request, authority, signal: lock.signal };
    this.next = (step) => {
      lock.confirm();
      return next({ ...step, confirm: lock.confirm });
    };
    this.progress = new UploadProgress(upload_stall_time, request.sendContinue === undefined);
  }

  /**
   * Forwards the client's request with its body to the store while its object is locked.
   * Never rejects.
   *
   * @param send sends the request, or one derived from it
   * @param present returns the response for the client
   */
  async forward(
    send: (request: Request) => Promise<Response>,
    present: (response: Response) => Response = (response) => response,
  ): Promise<Outcome> {
    const { request, progress } = this;
    try {
      request.signal.throwIfAborted();
      const body = bindBodyToLock(request.body, this.lock, progress);
      const response = present(
        await send({ ...withTimedProgress(request, progress), body, signal: this.lock.signal }),
      );
      this.response = response;
      if (isHeartbeatResponse(this.call, response)) return await this.respondEarly(response);
      return outcomeOf(request, response);
    } catch (error) {
      this.failure = progress.stalled ?? error;
      return hasCertainlyFailed(request, error) ? 'failed' : 'unknown';
    }
  }

  /** Whether the client's request was forwarded, or was about to be. */
  get wasSent(): boolean {
    return this.response !== undefined || this.failure !== undefined;
  }

  /** Drains the store's response, so that another can be sent. */
  async discard(): Promise<void> {
    if (this.response) await drain(this.response.body);
  }

  /** Sets the response of a request that is not forwarded. */
  refuse(response: Response): void {
    this.response = response;
  }

  /** Returns the client's response. @throws the cause if the store did not answer */
  async getResponse(): Promise<Response> {
    if (this.failure !== undefined) throw this.failure as Error;
    const { response } = this;
    if (response === undefined) throw new Error('neither forwarded nor refused');
    if (!isOvertaken(this.call, response)) return response;
    await drain(response.body);
    return unavailableResponse('the store kept a newer object');
  }
}

/** Returns a request whose progress is timed once its client is told to send. */
function withTimedProgress(request: Request, progress: UploadProgress): Request {
  const { sendContinue } = request;
  if (!sendContinue) return request;
  const startSending = () => {
    progress.begin();
    sendContinue();
  };
  return { ...request, sendContinue: startSending };
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

/** Whether the store cannot have executed a request: unreachable, or a cut-off body. */
function hasCertainlyFailed(request: Request, error: unknown): boolean {
  if (error instanceof StoreError && error.code === 'unreachable') return true;
  if (Buffer.isBuffer(request.body))
    return request.signal.aborted && error === request.signal.reason;
  return error instanceof ClientGone || !request.body.readableEnded;
}
