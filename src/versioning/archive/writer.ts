import { ArchiveExecutor, type Operation } from './execute';
import { Headers } from '../../http/headers';
import { NO_BODY, type Handler, type Request, type Response } from '../../swift_api/message';
import type { ContainerTarget, ObjectTarget } from '../../swift_api/target';
import { SwiftStore } from '../store/swift_store';
import { dialectRefusal } from '../dialect';
import { withObjectLock, type LockedRequest } from '../locked_request';
import { forwardWithNotes } from './forward_notes';
import type { VersioningPolicy, PolicyCache } from '../policy';
import { withErrorResponses } from '../catch_errors';
import { forwardUnversioned } from '../forward_unversioned';
import { failsPreconditions } from '../preconditions';
import type { VersionWriter } from '../object_versioning/writer';
import type { VersioningContext } from '../context';

type Versioned = Extract<VersioningPolicy, { kind: 'versioned' }>;

/** Writes and deletes single objects: those of versioned containers one at a time, with what they destroy archived. */
export class ObjectWriter {
  constructor(
    private readonly next: Handler,
    private readonly settings: PolicyCache,
    private readonly parts: Pick<
      VersioningContext,
      'allowsModes' | 'app' | 'locker' | 'lockWait' | 'stallTime' | 'notes' | 'log'
    >,
    private readonly withIds?: Pick<VersionWriter, 'write'>,
  ) {}

  /**
   * @param request PUT, DELETE, COPY or POST
   * @param written the object that it writes or deletes, or whose metadata it changes
   */
  async handle(request: Request, written: ObjectTarget): Promise<Response> {
    const { version, account, container } = written;
    return withErrorResponses(request, written, this.parts, async () => {
      const target: ContainerTarget = { version, account, container };
      const use = await this.settings.acquireShared(request, target, this.parts.lockWait);
      const { value } = use;
      // until it is over, the container does not go, and its setting with it
      if (value?.kind === 'versioned' && this.parts.allowsModes === true)
        return this.versioned(request, written, value).finally(use.release);
      if (value?.kind !== 'with-ids' || !this.withIds)
        return forwardUnversioned(request, target, [use], this.next);
      use.release();
      return this.withIds.write(request, written);
    });
  }

  private versioned(
    request: Request,
    written: ObjectTarget,
    inForce: Versioned,
  ): Promise<Response> {
    const holding = { ...this.parts, archive: inForce.archive };
    return withObjectLock(
      request,
      written,
      holding,
      this.next,
      async (locked) =>
        (await dialectRefusal(locked, written, this.parts.app)) ??
        (await this.keepingVersions(locked, written, inForce)),
    );
  }

  private async keepingVersions(
    locked: LockedRequest,
    written: ObjectTarget,
    inForce: Versioned,
  ): Promise<Response> {
    const { app, log } = this.parts;
    const { account, container, object } = written;
    const { request, own, next } = locked;
    const binding = this.parts.notes.for(inForce.archive);
    const store = new SwiftStore(next, own, binding);
    const versions = new ArchiveExecutor(store, inForce.archive, log);
    const performed = versions.execute({ account, container, object }, inForce.mode, {
      kind: kindOf(request),
      guard: async (current) => {
        if (failsPreconditions(request, current)) return 'pass';
        if (app.power === 'client') return 'go';
        // what is taken out of the archive the store does not see as this client's request
        const fresh = request.method === 'DELETE' && inForce.mode === 'stack';
        const right = await app.mayWrite(request, written, { fresh });
        if ('status' in right) locked.refuse(right);
        return 'status' in right ? 'stop' : 'go';
      },
      forward: (notes) =>
        locked.forward((own) =>
          forwardWithNotes(own, binding.headersOf(notes, written, store.now()), next),
        ),
    });
    const result = await performed.catch(async (error: unknown) => {
      await locked.discard();
      throw error;
    });
    if (result === 'popped' || result === 'popped-missing') return deleted(result === 'popped');
    return locked.answer();
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
