import { Versions, type Operation, type Outcome } from '../../src/core/versions';
import { CoordinationUnavailable } from '../../src/errors';
import { drain, receiveFirst } from '../../src/http/body';
import { toText } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import {
  ClientGone,
  NO_BODY,
  textResponse,
  type Handler,
  type Request,
  type Response,
} from '../../src/http/message';
import type { ContainerTarget, ObjectTarget } from '../../src/http/path';
import { LockTimeout, type Lock } from '../../src/lockers/locker';
import { StoreError } from '../../src/stores/error';
import type { ObjectInfo } from '../../src/stores/store';
import { HttpStore } from '../../src/stores/http_store';
import { answersEarly, follow } from './early_answer';
import { forwardNoted } from './noted';
import type { VersionedWritesParts } from './filter';
import type { InForce, Settings } from './settings';
import { Progress, UploadStalled } from './progress';
import { answerTo, unavailable } from './failures';
import { letThrough } from './unversioned';
import { whileHeld } from './while_held';

/** So much of a body is received before its object is locked, so that a slow client holds no lock while it sends nothing. */
const RECEIVED_BEFORE_LOCK = 64 * 1024;

type Versioned = Extract<InForce, { kind: 'versioned' }>;

/** Writes and deletes single objects: those of versioned containers one at a time, with what they destroy archived. */
export class ObjectWriter {
  constructor(
    private readonly next: Handler,
    private readonly settings: Settings,
    private readonly parts: Pick<VersionedWritesParts, 'app' | 'locker' | 'lockWait' | 'stallTime' | 'log'>,
  ) {}

  /**
   * @param request PUT, DELETE, COPY or POST
   * @param written the object that it writes or deletes, or whose metadata it changes
   */
  async handle(request: Request, written: ObjectTarget): Promise<Response> {
    const { version, account, container } = written;
    try {
      const target: ContainerTarget = { version, account, container };
      const use = await this.settings.use(request, target, this.parts.lockWait);
      if (use.value?.kind !== 'versioned') return await letThrough(request, target, [use], this.next);
      use.end();
      return await this.versioned(request, written, use.value);
    } catch (error) {
      if (error instanceof LockTimeout) {
        return unavailable(
          `other writes of ${toText(`${container}/${written.object}`)} are not done yet: ${error.message}`,
        );
      }
      if (error instanceof UploadStalled) return textResponse(408, `${error.message}\n`);
      if (error instanceof CoordinationUnavailable) {
        this.parts.log.warn({ txid: request.transactionId, err: error.message }, 'a write was given up');
        return unavailable(error.message);
      }
      return answerTo(error, request, this.parts.app.authority, this.parts.log);
    }
  }

  private async versioned(request: Request, written: ObjectTarget, inForce: Versioned): Promise<Response> {
    const body = request.sendContinue ? request.body : await receiveFirst(request.body, RECEIVED_BEFORE_LOCK);
    const name = `${written.account}/${written.container}/${written.object}`;
    const lock = await this.parts.locker.acquire(name, this.parts.lockWait, request.signal);
    return new Promise((resolve, reject) => {
      const done = this.locked({ ...request, body }, written, inForce, lock, (early) => {
        const { response, outcome } = follow(early, () => done);
        resolve(response);
        return outcome;
      }).finally(lock.release);
      done.then(resolve, reject);
    });
  }

  private async locked(
    request: Request,
    written: ObjectTarget,
    inForce: Versioned,
    lock: Lock,
    answerEarly: (response: Response) => Promise<Outcome>,
  ): Promise<Response> {
    const { app, log } = this.parts;
    const { account, container, object } = written;
    // what is done here must come to an end also where the client does not wait for it
    const own: Request = { ...request, authority: app.authority, signal: lock.signal };
    const next: Handler = (step) => {
      lock.confirm();
      return this.next(step);
    };
    const progress = new Progress(this.parts.stallTime, request.sendContinue === undefined);
    const versions = new Versions(new HttpStore(next, own), inForce.archive, log);
    let response: Response | undefined;
    let failure: unknown;

    const result = await versions.perform({ account, container, object }, inForce.mode, {
      kind: kindOf(request),
      guard: async (current) => {
        if (willFail(request, current)) return 'pass';
        if (app.authority === 'client') return 'go';
        // what is taken out of the archive the store does not see as this client's request
        const fresh = request.method === 'DELETE' && inForce.mode === 'stack';
        response = await app.mayWrite(request, written, { fresh });
        return response ? 'stop' : 'go';
      },
      forward: async (notes) => {
        try {
          request.signal.throwIfAborted();
          const held: Request = {
            ...timed(request, progress),
            body: whileHeld(request.body, lock, progress),
            signal: lock.signal,
          };
          response = await forwardNoted(held, notes, next);
          return answersEarly(request, response) ? await answerEarly(response) : outcomeOf(request, response);
        } catch (error) {
          failure = progress.stalled ?? error;
          return certainlyFailed(request, error) ? 'failed' : 'unknown';
        }
      },
    });
    if (failure !== undefined) throw failure as Error;
    if (result === 'popped' || result === 'popped-missing') return deleted(result === 'popped');
    if (response === undefined) throw new Error('neither let through nor refused');
    if (!overtaken(request, response)) return response;
    await drain(response.body);
    return unavailable('the store kept a newer object');
  }
}

function kindOf({ method }: Request): Operation['kind'] {
  if (method === 'DELETE') return 'delete';
  return method === 'POST' ? 'update' : 'write';
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

/** What the store will refuse in any case, given what is there: nothing needs to be archived for it. */
function willFail(request: Request, current: ObjectInfo | undefined): boolean {
  const unlessExists = request.headers.get('if-none-match');
  if (unlessExists?.trim() === '*' && current && request.method !== 'DELETE') return true;
  const expiring = request.headers.get('x-if-delete-at');
  return request.method === 'DELETE' && expiring !== undefined && expiring !== current?.deleteAt;
}

/** Swift answers 202 to a PUT that it drops because the object there is newer. */
function overtaken(request: Request, response: Response): boolean {
  return response.status === 202 && kindOf(request) === 'write' && !answersEarly(request, response);
}

function outcomeOf(request: Request, { status }: Response): Outcome {
  if (status < 300) return status === 202 ? 'unknown' : 'done';
  if (status === 404 && request.method === 'DELETE') return 'done';
  return status < 500 ? 'failed' : 'unknown';
}

/** Whether the store cannot have done what it was asked: it was not reached, or the body did not come to its end. */
function certainlyFailed(request: Request, error: unknown): boolean {
  if (error instanceof StoreError && error.code === 'unreachable') return true;
  if (Buffer.isBuffer(request.body)) return request.signal.aborted && error === request.signal.reason;
  return error instanceof ClientGone || !request.body.readableEnded;
}

function deleted(wasThere: boolean): Response {
  const headers = Headers.of({ 'Content-Type': 'text/html; charset=UTF-8', 'Content-Length': '0' });
  return { status: wasThere ? 204 : 404, headers, body: NO_BODY };
}
