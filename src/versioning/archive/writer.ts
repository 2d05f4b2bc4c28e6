import { Versions, type Operation } from './execute';
import { Headers } from '../../http/headers';
import { NO_BODY, type Handler, type Request, type Response } from '../../swift_api/message';
import type { ContainerTarget, ObjectTarget } from '../../swift_api/target';
import { HttpStore } from '../store/swift_store';
import { refusalByDialect } from '../dialect';
import { whileLocked, type Held } from '../locked_request';
import { forwardNoted } from './forward_notes';
import type { InForce, Settings } from '../policy';
import { answeringTroubles } from '../catch_errors';
import { letThrough } from '../forward_unversioned';
import { willFail } from '../preconditions';
import type { WriterWithIds } from '../object_versioning/writer';
import type { VersioningContext } from '../context';

type Versioned = Extract<InForce, { kind: 'versioned' }>;

/** Writes and deletes single objects: those of versioned containers one at a time, with what they destroy archived. */
export class ObjectWriter {
  constructor(
    private readonly next: Handler,
    private readonly settings: Settings,
    private readonly parts: Pick<
      VersioningContext,
      'allowed' | 'app' | 'locker' | 'lockWait' | 'stallTime' | 'notes' | 'log'
    >,
    private readonly withIds?: Pick<WriterWithIds, 'write'>,
  ) {}

  /**
   * @param request PUT, DELETE, COPY or POST
   * @param written the object that it writes or deletes, or whose metadata it changes
   */
  async handle(request: Request, written: ObjectTarget): Promise<Response> {
    const { version, account, container } = written;
    return answeringTroubles(request, written, this.parts, async () => {
      const target: ContainerTarget = { version, account, container };
      const use = await this.settings.use(request, target, this.parts.lockWait);
      const { value } = use;
      // until it is over, the container does not go, and its setting with it
      if (value?.kind === 'versioned' && this.parts.allowed === true)
        return this.versioned(request, written, value).finally(use.end);
      if (value?.kind !== 'with-ids' || !this.withIds) return letThrough(request, target, [use], this.next);
      use.end();
      return this.withIds.write(request, written);
    });
  }

  private versioned(request: Request, written: ObjectTarget, inForce: Versioned): Promise<Response> {
    const holding = { ...this.parts, archive: inForce.archive };
    return whileLocked(
      request,
      written,
      holding,
      this.next,
      async (held) =>
        (await refusalByDialect(held, written, this.parts.app)) ??
        (await this.keepingVersions(held, written, inForce)),
    );
  }

  private async keepingVersions(held: Held, written: ObjectTarget, inForce: Versioned): Promise<Response> {
    const { app, log } = this.parts;
    const { account, container, object } = written;
    const { request, own, next } = held;
    const binding = this.parts.notes.for(inForce.archive);
    const store = new HttpStore(next, own, binding);
    const versions = new Versions(store, inForce.archive, log);
    const performed = versions.perform({ account, container, object }, inForce.mode, {
      kind: kindOf(request),
      guard: async (current) => {
        if (willFail(request, current)) return 'pass';
        if (app.power === 'client') return 'go';
        // what is taken out of the archive the store does not see as this client's request
        const fresh = request.method === 'DELETE' && inForce.mode === 'stack';
        const right = await app.mayWrite(request, written, { fresh });
        if ('status' in right) held.refuse(right);
        return 'status' in right ? 'stop' : 'go';
      },
      forward: (notes) =>
        held.forward((own) => forwardNoted(own, binding.headersOf(notes, written, store.now()), next)),
    });
    const result = await performed.catch(async (error: unknown) => {
      await held.discard();
      throw error;
    });
    if (result === 'popped' || result === 'popped-missing') return deleted(result === 'popped');
    return held.answer();
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
