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
import { letThrough } from './unversioned';
import { whileHeld } from './while_held';

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
      if (error instanceof StoreError && error.code === 'refused') return this.refusal(request, error);
      throw error;
    }
  }

  private versioned(request: Request, written: ObjectTarget, inForce: Versioned): Promise<Response> {
    return whileLocked(request, written, this.parts, this.next, (held) =>
      this.keepingVersions(held, written, inForce),
    );
  }

  private async keepingVersions(held: Held, written: ObjectTarget, inForce: Versioned): Promise<Response> {
    const { app, log } = this.parts;
    const { account, container, object } = written;
    const { request, own, next } = held;
    const versions = new Versions(new HttpStore(next, own), inForce.archive, log);
    const result = await versions.perform({ account, container, object }, inForce.mode, {
      kind: kindOf(request),
      guard: async (current) => {
        if (willFail(request, current)) return 'pass';
        if (app.authority === 'client') return 'go';
        // what is taken out of the archive the store does not see as this client's request
        const fresh = request.method === 'DELETE' && inForce.mode === 'stack';
        const refusal = await app.mayWrite(request, written, { fresh });
        if (refusal) held.refuse(refusal);
        return refusal ? 'stop' : 'go';
      },
      forward: (notes) => held.forward((own) => forwardNoted(own, notes, next)),
    });
    if (result === 'popped' || result === 'popped-missing') return deleted(result === 'popped');
    return held.answer();
  }

  /** The archive or the restored version was refused: what the client can mend is 412, as in Swift. */
  private refusal(request: Request, error: StoreError): Response {
    this.parts.log.warn(
      { txid: request.transactionId, status: error.status, err: error.message },
      'a write was refused',
    );
    const unauthorised = error.status === 401 || error.status === 403;
    if (unauthorised && this.parts.app.authority === 'service') {
      return unavailable(`the service user may not do what versions need: ${error.message}`);
    }
    return textResponse(unauthorised ? (error.status ?? 403) : 412, `${error.message}\n`);
  }
}

function kindOf({ method }: Request): Operation['kind'] {
  if (method === 'DELETE') return 'delete';
  return method === 'POST' ? 'update' : 'write';
}

function deleted(wasThere: boolean): Response {
  const headers = Headers.of({ 'Content-Type': 'text/html; charset=UTF-8', 'Content-Length': '0' });
  return { status: wasThere ? 204 : 404, headers, body: NO_BODY };
}
