import type { SharedLease } from '../../coordination/cache/cache';
import type { VersioningPolicy, PolicyCache } from '../policy';
import { NullVersionExecutor } from './null_versions/execute_nulls';
import { newestNoteOf } from './execute_versions';
import type { SentWrite, VersionOperation, VersionResult } from './version_operation';
import { withNewest } from './newest_note';
import { versionsContainerOf } from './version_names';
import { drain } from '../../http/body';
import { toText, type ByteString } from '../../http/bytes';
import { keepNotes } from './content_type_notes';
import { Headers } from '../../http/headers';
import { textResponse, type Handler, type Request, type Response } from '../../swift_api/message';
import { parseObjectPath, type ObjectTarget } from '../../swift_api/target';
import type { Log } from '../../util/log';
import type { App } from '../../plugin/plugin';
import { StoreError } from '../../util/store_error';
import { SwiftStore } from '../store/swift_store';
import { NoteBinding } from '../store/note_binding';
import type { ObjectRef } from '../store/store';
import { dialectRefusal } from '../dialect_refusal';
import { withObjectLock, type LockedRequest, type LockOptions } from '../locked_request';
import { forwardWithNotes } from '../archive/forward_notes';
import { forwardUnversioned } from '../forward_unversioned';
import { failsPreconditions } from '../preconditions';
import { VersionsContainers, versionsContainer } from './containers/versions_container';
import { canRedirect, redirectPost, sentBy, redirectWrite } from './redirected_write';
import { isVersionOf, NULL_ID } from './version_target';
import { asDeleteMarker, withVersionId } from './presentation';
import { SwiftClient } from '../../swift_api/client';
import { ObjectCall } from '../calls';

/** The dependencies of a `VersionWriter`. */
export interface WriterOptions extends LockOptions {
  readonly app: Pick<App, 'power' | 'mayWrite' | 'mayLock' | 'shownBySignature'>;
  readonly log: Log;
}

/**
 * Writes and deletes single objects of versioned containers, one at a time; also while
 * versioning is disabled.
 */
export class VersionWriter {
  private readonly containers: VersionsContainers;

  constructor(
    private readonly next: Handler,
    private readonly policies: PolicyCache,
    private readonly parts: WriterOptions,
  ) {
    this.containers = new VersionsContainers(next);
  }

  /** Handles PUT, DELETE, COPY or POST of an object, but not of one of its versions. */
  write(request: Request, target: ObjectTarget): Promise<Response> {
    return withObjectLock(request, target, this.parts, this.next, async (locked) => {
      if (request.method === 'POST') {
        await this.settle(locked, target);
        return this.update(locked, target);
      }
      const refusal = await dialectRefusal(locked, target, this.parts.app);
      if (refusal) return refusal;
      const lease = await this.policies.acquireShared(request, target, this.parts.lock_wait);
      // the lease keeps the container from being removed meanwhile
      if (isEnabled(lease.value)) return this.writeVersion(locked, target).finally(lease.release);
      if (request.dialect && lease.value?.kind === 'with-ids')
        return this.writeNull(locked, target, lease).finally(lease.release);
      return this.writeUnversioned(locked, target, lease).finally(lease.release);
    });
  }

  private async writeUnversioned(
    locked: LockedRequest,
    target: ObjectTarget,
    lease: SharedLease<VersioningPolicy>,
  ): Promise<Response> {
    if (lease.value?.kind === 'with-ids') await this.settle(locked, target);
    await locked.forward((request) => forwardUnversioned(request, target, [lease], locked.next));
    return locked.getResponse();
  }

  /**
   * Settles interrupted operations, before an object is changed without regard to its
   * versions. Skipped if the client may not read these.
   */
  async settle(locked: LockedRequest, target: ObjectTarget): Promise<void> {
    try {
      await this.executorFor(locked, target).settle(target);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'refused') throw error;
    }
  }

  private async writeVersion(locked: LockedRequest, target: ObjectTarget): Promise<Response> {
    const { request } = locked;
    const versions = this.executorFor(locked, target);
    const operation = this.operation(locked, target);
    return this.execute(locked, target, () =>
      request.method === 'DELETE'
        ? versions.delete(target, operation)
        : versions.write(target, operation, canRedirect(request)),
    );
  }

  /** Replaces the null version while versioning is disabled, as dialects do. */
  private writeNull(
    locked: LockedRequest,
    target: ObjectTarget,
    lease: SharedLease<VersioningPolicy>,
  ): Promise<Response> {
    const versions = this.executorFor(locked, target);
    const operation: VersionOperation = {
      ...this.operation(locked, target),
      forward: async (_, by) => {
        const forward = (request: Request) =>
          forwardUnversioned(request, target, [lease], locked.next);
        const outcome = await locked.forward((request) =>
          by === undefined
            ? forward(request)
            : forwardWithNotes(request, operationNote(by, target), forward),
        );
        return { outcome };
      },
    };
    return this.execute(locked, target, () =>
      locked.request.method === 'DELETE'
        ? versions.deleteNull(target, operation)
        : versions.replace(target, operation),
    );
  }

  private async execute(
    locked: LockedRequest,
    target: ObjectTarget,
    perform: () => Promise<VersionResult>,
  ): Promise<Response> {
    const { method, dialect } = locked.request;
    const isDelete = method === 'DELETE';
    let result: VersionResult;
    try {
      result = await this.retryIfContainerGone(locked, target, perform);
    } catch (error) {
      return refusalOfError(error);
    }
    const response = await locked.getResponse();
    const isDone = response.status < 300 || (isDelete && response.status === 404);
    if (result.result !== 'forwarded' || !isDone || result.isUnmarked) return response;
    const { id = dialect && NULL_ID, isNull } = result;
    if (id === undefined) return response;
    const created = withVersionId(response, isNull ? NULL_ID : id);
    return dialect && isDelete ? asDeleteMarker(created) : created;
  }

  /** Returns the executor for one request's store. */
  executorFor({ next, own }: LockedRequest, { container }: ObjectTarget): NullVersionExecutor {
    return new NullVersionExecutor(
      new SwiftStore(next, own),
      versionsContainerOf(container),
      this.parts.log,
    );
  }

  /** The client's own request and its permission. */
  private operation(locked: LockedRequest, target: ObjectTarget): VersionOperation {
    const { app } = this.parts;
    const { request } = locked;
    return {
      guard: async (current) => {
        if (failsPreconditions(request, current)) return 'pass';
        if (app.power === 'client') return 'go';
        // no later step is checked against the container's current ACL
        const right = await app.mayWrite(request, target, { fresh: true });
        if ('status' in right) locked.refuse(right);
        return 'status' in right ? 'stop' : 'go';
      },
      forward: (to) => this.forward(locked, target, to),
    };
  }

  private async forward(
    locked: LockedRequest,
    target: ObjectTarget,
    to: ObjectRef | undefined,
  ): Promise<SentWrite> {
    const { request, next } = locked;
    const entry = to && { version: target.version, ...to };
    let details: Omit<SentWrite, 'outcome'> = {};
    const outcome = await locked.forward(
      (storeRequest) =>
        entry
          ? redirectWrite(entry, locked, storeRequest, () => this.remake(locked, target))
          : next(storeRequest),
      (response) => {
        details = sentBy(new ObjectCall(request, target), response);
        return response;
      },
    );
    return { ...details, outcome };
  }

  /**
   * Changes metadata: the POST goes to the link, for which the store returns the target,
   * and then to the version.
   */
  async update(locked: LockedRequest, target: ObjectTarget): Promise<Response> {
    const { next, own } = locked;
    const type = locked.request.headers.get('content-type');
    const { dialect } = locked.request;
    const isNeeded = type !== undefined || dialect !== undefined;
    const info = isNeeded ? await new SwiftStore(next, own).stat(target) : undefined;
    const note = newestNoteOf(info);
    // a dialect sends the metadata that it was shown, which lacks the link's time of
    // expiry
    const expiry = Headers.of({ 'X-Delete-At': dialect && info?.link && info.deleteAt });
    const newType = type === undefined || !info?.link ? type : keepNotes(info.contentType, type);
    const request = newType === undefined ? locked.request : withType(locked.request, newType);
    const { headers } =
      newType === undefined ? request : withType(request, withNewest(newType, note));
    await locked.forward((request) => next({ ...request, headers: expiry.withAll(headers) }));
    const response = await locked.getResponse();
    const location = response.status === 307 ? response.headers.get('location') : undefined;
    const entry = parseObjectPath(location ?? '');
    if (!entry || !isVersionOf(entry, target)) return response;
    await drain(response.body);
    return redirectPost(entry, { own, next }, request);
  }

  /**
   * Runs `perform` again if it found the versions container missing, after recreating it.
   */
  async retryIfContainerGone<T>(
    locked: LockedRequest,
    target: ObjectTarget,
    perform: () => Promise<T>,
  ): Promise<T> {
    try {
      return await perform();
    } catch (error) {
      const isGone = error instanceof StoreError && error.status === 404 && !locked.wasSent;
      if (!isGone || !(await this.remake(locked, target))) throw error;
      return perform();
    }
  }

  /** Whether the versions container exists, as it should. */
  async hasVersionsContainer(
    ownRequest: Request,
    { version, account, container }: ObjectTarget,
  ): Promise<boolean> {
    const versions = versionsContainer({ version, account, container });
    const head = await new SwiftClient(this.next, ownRequest).head(versions);
    return head.status !== 404;
  }

  /** Recreates the versions container if it is missing; false if it exists. */
  private async remake({ own }: LockedRequest, target: ObjectTarget): Promise<boolean> {
    if (await this.hasVersionsContainer(own, target)) return false;
    const { version, account, container } = target;
    this.parts.log.warn(
      { container: toText(container) },
      'the versions container is missing and is being recreated',
    );
    return this.containers.ensure(own, { version, account, container });
  }
}

/**
 * Returns the store's refusal of an operation, for the client.
 *
 * @throws `error` if it is no refusal, or not one that the client can fix
 */
export function refusalOfError(error: unknown): Response {
  if (
    error instanceof StoreError &&
    [400, 409, 413].includes(error.status ?? 0) &&
    error.code === 'refused'
  )
    return textResponse(error.status ?? 400, `${error.message}\n`);
  throw error;
}

function withType(request: Request, type: ByteString): Request {
  return { ...request, headers: request.headers.with('Content-Type', type) };
}

function isEnabled(policy: VersioningPolicy | undefined): boolean {
  return policy?.kind === 'with-ids' && policy.enabled;
}

/** Returns the note of the write that makes an object; its time is not used. */
function operationNote(operation: string, at: ObjectRef): Headers {
  return new NoteBinding().noteHeaders({ operation }, at, 0);
}
