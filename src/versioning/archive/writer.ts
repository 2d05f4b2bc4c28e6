import { ArchiveExecutor, type Operation } from './execute';
import { Headers } from '../../http/headers';
import { NO_BODY, type Handler, type Request, type Response } from '../../swift_api/message';
import type { ObjectTarget } from '../../swift_api/target';
import { SwiftStore } from '../store/swift_store';
import { dialectRefusal } from '../dialect_refusal';
import { withObjectLock, type LockedRequest } from '../locked_request';
import { forwardWithNotes } from './forward_notes';
import type { VersioningPolicy } from '../policy';
import { failsPreconditions } from '../preconditions';
import type { VersioningContext } from '../context';

export type ArchivePolicy = Extract<VersioningPolicy, { kind: 'versioned' }>;

/** Writes and deletes single objects of containers in one of the two modes. */
export class ArchiveWriter {
  constructor(
    private readonly next: Handler,
    private readonly context: Pick<
      VersioningContext,
      'app' | 'locker' | 'lock_wait' | 'upload_stall_time' | 'notes' | 'log'
    >,
  ) {}

  /**
   * @param request PUT, DELETE, COPY or POST
   * @param written the object that the request writes, deletes or updates
   * @param policy the policy of the object's container, which must not change until this
   *   ends
   */
  write(request: Request, written: ObjectTarget, policy: ArchivePolicy): Promise<Response> {
    const options = { ...this.context, archive: policy.archive };
    return withObjectLock(
      request,
      written,
      options,
      this.next,
      async (locked) =>
        (await dialectRefusal(locked, written, this.context.app)) ??
        (await this.writeVersioned(locked, written, policy)),
    );
  }

  private async writeVersioned(
    locked: LockedRequest,
    written: ObjectTarget,
    policy: ArchivePolicy,
  ): Promise<Response> {
    const { app, log } = this.context;
    const { account, container, object } = written;
    const { request, own, next } = locked;
    const binding = this.context.notes.forArchive(policy.archive);
    const store = new SwiftStore(next, own, binding, this.maxSnapshot(request));
    const executor = new ArchiveExecutor(store, policy.archive, log);
    const execution = executor.execute({ account, container, object }, policy.mode, {
      kind: kindOf(request),
      guard: async (current) => {
        if (failsPreconditions(request, current)) return 'pass';
        if (app.power === 'client') return 'go';
        // the store does not see a restoration from the archive as this client's request
        const fresh = request.method === 'DELETE' && policy.mode === 'stack';
        const right = await app.mayWrite(request, written, { fresh });
        if ('status' in right) locked.refuse(right);
        return 'status' in right ? 'stop' : 'go';
      },
      forward: (notes) =>
        locked.forward((clientRequest) =>
          forwardWithNotes(clientRequest, binding.noteHeaders(notes, written, store.now()), next),
        ),
    });
    const result = await execution.catch(async (error: unknown) => {
      await locked.discard();
      throw error;
    });
    if (result === 'popped' || result === 'popped-missing')
      return deleteResponse(result === 'popped');
    return locked.getResponse();
  }

  /** The max bytes of an object that is fetched to be archived; others are copied. */
  private maxSnapshot(request: Request): number {
    const max = this.context.app.maxSnapshot?.(request) ?? 0;
    return isSmall(request, max) ? max : 0;
  }
}

/** Whether a client's write is small, and so presumably what it overwrites. */
function isSmall({ headers }: Request, max: number): boolean {
  return !headers.has('transfer-encoding') && Number(headers.get('content-length') ?? 0) <= max;
}

function kindOf({ method }: Request): Operation['kind'] {
  if (method === 'DELETE') return 'delete';
  return method === 'POST' ? 'update' : 'write';
}

function deleteResponse(wasThere: boolean): Response {
  const headers = Headers.of({ 'Content-Type': 'text/html; charset=UTF-8', 'Content-Length': '0' });
  return { status: wasThere ? 204 : 404, headers, body: NO_BODY };
}
