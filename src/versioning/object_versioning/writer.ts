import type { SharedLease } from '../../coordination/cache/cache';
import type { VersioningPolicy, PolicyCache } from '../policy';
import { NullVersionExecutor } from './null_versions/execute_nulls';
import {
  noteToKeep,
  type VersionOperation,
  type VersionResult,
  type SentWrite,
} from './execute_versions';
import { withNewest } from './newest_note';
import { versionsContainerOf } from './version_names';
import { drain } from '../../http/body';
import { toText, type ByteString } from '../../http/bytes';
import { keepNotes } from './content_type_notes';
import { Headers } from '../../http/headers';
import { textResponse, type Handler, type Request, type Response } from '../../swift_api/message';
import { type ObjectTarget } from '../../swift_api/target';
import type { Log } from '../../util/log';
import type { App } from '../../plugin/plugin';
import { StoreError } from '../../util/store_error';
import { SwiftStore } from '../store/swift_store';
import { NoteBinding } from '../store/note_binding';
import type { ObjectRef } from '../store/store';
import { dialectRefusal } from '../dialect';
import { withObjectLock, type LockedRequest, type LockOptions } from '../locked_request';
import { forwardWithNotes } from '../archive/forward_notes';
import { forwardUnversioned } from '../forward_unversioned';
import { failsPreconditions } from '../preconditions';
import { VersionsContainers, versionsContainer } from './containers/versions_container';
import { canRedirect, redirectPost, sentBy, redirectWrite } from './redirected_write';
import { isVersionOf, NULL_ID, parseObjectPath } from './version_target';
import { asDeleteMarker, withVersionId } from './presentation';
import { SwiftClient } from '../../swift_api/client';
import { ObjectCall } from '../calls';

/** What writing takes. */
export interface WriterParts extends LockOptions {
  readonly app: Pick<App, 'power' | 'mayWrite' | 'mayLock'>;
  readonly log: Log;
}

/** Writes and deletes single objects of containers with ids, one at a time, also while versions are switched off. */
export class VersionWriter {
  private readonly containers: VersionsContainers;

  constructor(
    private readonly next: Handler,
    private readonly settings: PolicyCache,
    private readonly parts: WriterParts,
  ) {
    this.containers = new VersionsContainers(next);
  }

  /** PUT, DELETE, COPY or POST that concerns an object, and not one of its versions. */
  write(request: Request, written: ObjectTarget): Promise<Response> {
    return withObjectLock(request, written, this.parts, this.next, async (locked) => {
      if (request.method === 'POST') {
        await this.settle(locked, written);
        return this.update(locked, written);
      }
      const refused = await dialectRefusal(locked, written, this.parts.app);
      if (refused) return refused;
      const use = await this.settings.acquireShared(request, written, this.parts.lockWait);
      // the container does not go meanwhile
      if (isEnabled(use.value)) return this.keepingVersions(locked, written).finally(use.release);
      if (request.dialect && use.value?.kind === 'with-ids')
        return this.replacingNull(locked, written, use).finally(use.release);
      return this.keepingNothing(locked, written, use).finally(use.release);
    });
  }

  private async keepingNothing(
    locked: LockedRequest,
    written: ObjectTarget,
    use: SharedLease<VersioningPolicy>,
  ): Promise<Response> {
    if (use.value?.kind === 'with-ids') await this.settle(locked, written);
    await locked.forward((own) => forwardUnversioned(own, written, [use], locked.next));
    return locked.answer();
  }

  /** Before what changes an object without its versions being looked at. A client that may not look leaves it as it is. */
  async settle(locked: LockedRequest, written: ObjectTarget): Promise<void> {
    try {
      await this.versionsFor(locked, written).settle(written);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'refused') throw error;
    }
  }

  private async keepingVersions(locked: LockedRequest, written: ObjectTarget): Promise<Response> {
    const { request } = locked;
    const versions = this.versionsFor(locked, written);
    const operation = this.operation(locked, written);
    return this.performing(locked, written, () =>
      request.method === 'DELETE'
        ? versions.delete(written, operation)
        : versions.write(written, operation, canRedirect(request)),
    );
  }

  /** While versions are switched off, as dialects have it. */
  private replacingNull(
    locked: LockedRequest,
    written: ObjectTarget,
    use: SharedLease<VersioningPolicy>,
  ): Promise<Response> {
    const versions = this.versionsFor(locked, written);
    const operation: VersionOperation = {
      ...this.operation(locked, written),
      forward: async (_, by) => {
        const through = (own: Request) => forwardUnversioned(own, written, [use], locked.next);
        const outcome = await locked.forward((own) =>
          by === undefined
            ? through(own)
            : forwardWithNotes(own, operationNote(by, written), through),
        );
        return { outcome };
      },
    };
    return this.performing(locked, written, () =>
      locked.request.method === 'DELETE'
        ? versions.deleteNull(written, operation)
        : versions.replace(written, operation),
    );
  }

  private async performing(
    locked: LockedRequest,
    written: ObjectTarget,
    perform: () => Promise<VersionResult>,
  ): Promise<Response> {
    const { method, dialect } = locked.request;
    const isDelete = method === 'DELETE';
    let result: VersionResult;
    try {
      result = await this.remaking(locked, written, perform);
    } catch (error) {
      return refusalBy(error);
    }
    const response = await locked.answer();
    const isDone = response.status < 300 || (isDelete && response.status === 404);
    if (result.result !== 'forwarded' || !isDone) return response;
    const { id = dialect && NULL_ID, isNull } = result;
    if (id === undefined) return response;
    const made = withVersionId(response, isNull ? NULL_ID : id);
    return dialect && isDelete ? asDeleteMarker(made) : made;
  }

  /** The core over the store as it is for one request. */
  versionsFor({ next, own }: LockedRequest, { container }: ObjectTarget): NullVersionExecutor {
    return new NullVersionExecutor(
      new SwiftStore(next, own),
      versionsContainerOf(container),
      this.parts.log,
    );
  }

  /** A client's own request and its right. */
  private operation(locked: LockedRequest, written: ObjectTarget): VersionOperation {
    const { app } = this.parts;
    const { request } = locked;
    return {
      guard: async (current) => {
        if (failsPreconditions(request, current)) return 'pass';
        if (app.power === 'client') return 'go';
        // no step after this one is judged by the container's own ACL as it is now
        const right = await app.mayWrite(request, written, { fresh: true });
        if ('status' in right) locked.refuse(right);
        return 'status' in right ? 'stop' : 'go';
      },
      forward: (to) => this.forward(locked, written, to),
    };
  }

  private async forward(
    locked: LockedRequest,
    written: ObjectTarget,
    to: ObjectRef | undefined,
  ): Promise<SentWrite> {
    const { request, next } = locked;
    const entry = to && { version: written.version, ...to };
    let seen: Omit<SentWrite, 'outcome'> = {};
    const outcome = await locked.forward(
      (own) =>
        entry ? redirectWrite(entry, locked, own, () => this.remake(locked, written)) : next(own),
      (response) => {
        seen = sentBy(new ObjectCall(request, written), response);
        return response;
      },
    );
    return { ...seen, outcome };
  }

  /** A change of metadata goes to the link, which the store tells, and then to the version. */
  async update(locked: LockedRequest, written: ObjectTarget): Promise<Response> {
    const { next, own } = locked;
    const type = locked.request.headers.get('content-type');
    const { dialect } = locked.request;
    const isNeeded = type !== undefined || dialect !== undefined;
    const info = isNeeded ? await new SwiftStore(next, own).stat(written) : undefined;
    const note = noteToKeep(info);
    // a dialect sends again what it was shown, which is not when a link expires
    const expiry = Headers.of({ 'X-Delete-At': dialect && info?.link && info.deleteAt });
    const kept = type === undefined || !info?.link ? type : keepNotes(info.contentType, type);
    const request = kept === undefined ? locked.request : withType(locked.request, kept);
    const { headers } = kept === undefined ? request : withType(request, withNewest(kept, note));
    await locked.forward((request) => next({ ...request, headers: expiry.withAll(headers) }));
    const response = await locked.answer();
    const location = response.status === 307 ? response.headers.get('location') : undefined;
    const entry = parseObjectPath(location ?? '');
    if (!entry || !isVersionOf(entry, written)) return response;
    await drain(response.body);
    return next(redirectPost(entry, request, own));
  }

  /** Does something once more where it found the versions container gone, which is then made anew. */
  async remaking<T>(
    locked: LockedRequest,
    written: ObjectTarget,
    perform: () => Promise<T>,
  ): Promise<T> {
    try {
      return await perform();
    } catch (error) {
      const isGone = error instanceof StoreError && error.status === 404 && !locked.wasSent;
      if (!isGone || !(await this.remake(locked, written))) throw error;
      return perform();
    }
  }

  /** Whether the versions container is there, as it should be. */
  async hasVersions(own: Request, { version, account, container }: ObjectTarget): Promise<boolean> {
    const place = versionsContainer({ version, account, container });
    const head = await new SwiftClient(this.next, own).head(place);
    return head.status !== 404;
  }

  /** Makes the versions container anew where it is not there; false where it is. */
  private async remake({ own }: LockedRequest, written: ObjectTarget): Promise<boolean> {
    if (await this.hasVersions(own, written)) return false;
    const { version, account, container } = written;
    this.parts.log.warn(
      { container: toText(container) },
      'the versions container was gone, and is made anew',
    );
    return this.containers.make(own, { version, account, container });
  }
}

/** The store's refusal of what is behind a client's request. @throws what is none, or is not for the client to mend */
export function refusalBy(error: unknown): Response {
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

function isEnabled(inForce: VersioningPolicy | undefined): boolean {
  return inForce?.kind === 'with-ids' && inForce.enabled;
}

/** The note of the write that makes an object; its time counts for nothing. */
function operationNote(operation: string, at: ObjectRef): Headers {
  return new NoteBinding().headersOf({ operation }, at, 0);
}
