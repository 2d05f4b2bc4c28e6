import { ArchiveExecutor, type Operation } from './execute';
import { Headers } from '../../http/headers';
import { NO_BODY, type Handler, type Request, type Response } from '../../swift_api/message';
import type { ObjectTarget } from '../../swift_api/target';
import { SwiftStore } from '../store/swift_store';
import { dialectRefusal } from '../dialect';
import { withObjectLock, type LockedRequest } from '../locked_request';
import { forwardWithNotes } from './forward_notes';
import type { VersioningPolicy } from '../policy';
import { failsPreconditions } from '../preconditions';
import type { VersioningContext } from '../context';

export type ArchivePolicy = Extract<VersioningPolicy, { kind: 'versioned' }>;

/** Writes and deletes single objects of containers in one of the two modes, one at a time. */
export class ArchiveWriter {
  constructor(
    private readonly next: Handler,
    private readonly parts: Pick<
      VersioningContext,
      'app' | 'locker' | 'lockWait' | 'stallTime' | 'notes' | 'log'
    >,
  ) {}

  /**
   * @param request PUT, DELETE, COPY or POST
   * @param written the object that it writes or deletes, or whose metadata it changes
   * @param policy of the object's container, which must stay as it is until this has ended
   */
  write(request: Request, written: ObjectTarget, policy: ArchivePolicy): Promise<Response> {
    const options = { ...this.parts, archive: policy.archive };
    return withObjectLock(
      request,
      written,
      options,
      this.next,
      async (locked) =>
        (await dialectRefusal(locked, written, this.parts.app)) ??
        (await this.keepingVersions(locked, written, policy)),
    );
  }

  private async keepingVersions(
    locked: LockedRequest,
    written: ObjectTarget,
    policy: ArchivePolicy,
  ): Promise<Response> {
    const { app, log } = this.parts;
    const { account, container, object } = written;
    const { request, own, next } = locked;
    const binding = this.parts.notes.for(policy.archive);
    const store = new SwiftStore(next, own, binding);
    const versions = new ArchiveExecutor(store, policy.archive, log);
    const performed = versions.execute({ account, container, object }, policy.mode, {
      kind: kindOf(request),
      guard: async (current) => {
        if (failsPreconditions(request, current)) return 'pass';
        if (app.power === 'client') return 'go';
        // what is taken out of the archive the store does not see as this client's request
        const fresh = request.method === 'DELETE' && policy.mode === 'stack';
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
