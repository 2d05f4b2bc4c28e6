import { htmlResponse } from '../../swift_api/responses';
import { destroy, receiveFirst } from '../../http/body';
import { Headers } from '../../http/headers';
import {
  NO_BODY,
  textResponse,
  type Handler,
  type Request,
  type Response,
} from '../../swift_api/message';
import { type ObjectTarget } from '../../swift_api/target';
import { refusalIn } from '../../swift_api/authority/shown_right';
import { SwiftStore } from '../store/swift_store';
import { dialectRefusal, findReplaced, findVersion } from '../dialect_refusal';
import { withObjectLock, type LockedRequest } from '../locked_request';
import type { PolicyCache } from '../policy';
import { redirectPost } from './redirected_write';
import { NULL_ID, parseVersionId } from './version_target';
import { refusalForVersionId } from './reader';
import { rightToVersions } from './access';
import { keepNotes } from './content_type_notes';
import { asDeleteMarker, withVersionId } from './presentation';
import { refusalOfError, type WriterOptions, type VersionWriter } from './writer';
import type { ObjectCall } from '../calls';

/** Handles requests to remove, restore and change versions. */
export class VersionRequests {
  constructor(
    private readonly next: Handler,
    private readonly policies: PolicyCache,
    private readonly parts: WriterOptions,
    private readonly writer: VersionWriter,
  ) {}

  /**
   * Handles PUT, POST or DELETE of a version.
   *
   * @param otherwise handles requests for the object and not a version
   */
  async handle(
    call: ObjectCall,
    versionId: string,
    otherwise: (call: ObjectCall) => Promise<Response>,
  ): Promise<Response> {
    const { request, target } = call;
    const { dialect } = request;
    if (request.method === 'POST' && !dialect) {
      destroy(request.body);
      return htmlResponse(400, 'POST to a specific version is not allowed');
    }
    const policy = await this.policies.get(request, target);
    if (policy.kind === 'native') return this.next(request);
    const itself = call.withoutVersion();
    const plain = itself.request;
    const isNull = versionId === NULL_ID && request.method !== 'PUT';
    if (isNull && policy.kind !== 'with-ids') return otherwise(itself);
    if (isNull && !dialect) {
      // removes the current object, whatever it is, and writes no marker
      return withObjectLock(plain, target, this.parts, this.next, async (locked) => {
        await this.writer.settle(locked, target);
        return locked.next(locked.request);
      });
    }
    const refusal = isNull ? undefined : refusalForVersionId(policy, versionId);
    if (refusal) {
      destroy(request.body);
      return refusal;
    }
    const id = isNull ? undefined : (parseVersionId(versionId) ?? '');
    if (dialect && request.method === 'DELETE') return this.removeAndPromote(plain, target, id);
    if (request.method === 'POST') return this.change(plain, target, id);
    return request.method === 'DELETE'
      ? this.remove(plain, target, versionId)
      : this.restore(plain, target, id ?? '');
  }

  private async remove(
    request: Request,
    target: ObjectTarget,
    versionId: string,
  ): Promise<Response> {
    const right = await rightToVersions(request, target, this.next);
    if ('status' in right) return right;
    return withObjectLock(request, target, this.parts, this.next, async (locked) => {
      const versions = this.writer.executorFor(locked, target);
      const removal = await versions.remove(target, parseVersionId(versionId) ?? '', {
        forward: async () => ({ outcome: await locked.forward((request) => locked.next(request)) }),
      });
      if (removal.result === 'refused') return locked.getResponse();
      await locked.discard();
      // as the client sent it, like Swift
      const answer = withVersionId(
        removal.result === 'removed' ? noContent() : notFound(),
        versionId,
      );
      const current = removal.current ?? NULL_ID;
      return { ...answer, headers: answer.headers.with('X-Object-Current-Version-Id', current) };
    });
  }

  /**
   * Handles a dialect's DELETE of a version, or of the null version if there is no id;
   * the version before it becomes current.
   */
  private async removeAndPromote(
    request: Request,
    target: ObjectTarget,
    id: string | undefined,
  ): Promise<Response> {
    const right = await rightToVersions(request, target, this.next);
    if ('status' in right) return right;
    return withObjectLock(request, target, this.parts, this.next, async (locked) => {
      const versions = this.writer.executorFor(locked, target);
      const refusal = await dialectRefusal(locked, target, this.parts.app, async () => {
        const place = await versions.locate(target, id);
        if (place === undefined) return undefined;
        return place.container === target.container
          ? findReplaced(locked, target)
          : findVersion(locked, { ...target, ...place });
      });
      if (refusal) return refusal;
      const removal = await versions.removeVersion(target, id, {
        forward: async () => ({ outcome: await locked.forward((request) => locked.next(request)) }),
      });
      if (removal.result === 'refused') return locked.getResponse();
      await locked.discard();
      const answer = withVersionId(
        removal.result === 'removed' ? noContent() : notFound(),
        id ?? NULL_ID,
      );
      return removal.isMarker ? asDeleteMarker(answer) : answer;
    });
  }

  /**
   * Handles a dialect's POST: changes the metadata of a version, or of the null version
   * if there is no id.
   */
  private async change(
    request: Request,
    target: ObjectTarget,
    id: string | undefined,
  ): Promise<Response> {
    const right = await rightToVersions(request, target, this.next);
    const refusal = refusalIn(right) ?? (await this.refusalOfWrite(request, target));
    if (refusal) {
      destroy(request.body);
      return refusal;
    }
    return withObjectLock(request, target, this.parts, this.next, async (locked) => {
      const place = await this.writer.executorFor(locked, target).locate(target, id);
      const versionId = id ?? NULL_ID;
      if (place === undefined) return notFound();
      if (place.container === target.container) {
        const response = await this.writer.update(locked, target);
        return response.status < 300 ? withVersionId(response, versionId) : response;
      }
      return this.changeEntry(locked, { ...target, ...place }, versionId);
    });
  }

  private async changeEntry(
    locked: LockedRequest,
    entry: ObjectTarget,
    versionId: string,
  ): Promise<Response> {
    const { request, own, next } = locked;
    const store = new SwiftStore(next, own);
    const info = await store.stat(entry);
    if (info === undefined) return notFound();
    if (info.isMarker) return asDeleteMarker(withVersionId(notFound(), versionId));
    const type = request.headers.get('content-type');
    const before =
      info.isLarge && type !== undefined ? await store.contentType(entry) : info.contentType;
    const typeHeaders = type === undefined ? {} : { 'Content-Type': keepNotes(before ?? '', type) };
    const changedRequest = {
      ...request,
      headers: request.headers.withAll(Headers.of(typeHeaders)),
    };
    const response = await redirectPost(entry, { own, next }, changedRequest);
    return response.status < 300 ? withVersionId(response, versionId) : response;
  }

  private async restore(request: Request, target: ObjectTarget, id: string): Promise<Response> {
    const isLong = Number(request.headers.get('content-length') ?? 0) > 0;
    if (isLong || (await hasBody(request))) {
      destroy(request.body);
      return textResponse(400, 'PUT version-id requests require a zero byte body');
    }
    return withObjectLock(
      { ...request, body: NO_BODY },
      target,
      this.parts,
      this.next,
      async (locked) => {
        const refusal = await this.refusalOfWrite(request, target);
        if (refusal) return refusal;
        try {
          const versions = this.writer.executorFor(locked, target);
          const version = await this.writer.retryIfContainerGone(locked, target, () =>
            versions.restore(target, id),
          );
          if (version === undefined) return await this.missingVersion(locked.own, target);
          return withVersionId(createdResponse(version.etag), id);
        } catch (error) {
          return refusalOfError(error);
        }
      },
    );
  }

  private async refusalOfWrite(
    request: Request,
    target: ObjectTarget,
  ): Promise<Response | undefined> {
    const { app } = this.parts;
    if (app.power === 'client') return undefined;
    return refusalIn(await app.mayWrite(request, target, { fresh: true }));
  }

  private async missingVersion(ownRequest: Request, target: ObjectTarget): Promise<Response> {
    const isGone = !(await this.writer.hasVersionsContainer(ownRequest, target));
    if (!isGone) return textResponse(404, 'The specified version does not exist');
    return textResponse(
      500,
      'The versions container does not exist. You may want to re-enable object versioning.',
    );
  }
}

async function hasBody({ body, headers, sendContinue }: Request): Promise<boolean> {
  if (headers.has('content-length') || sendContinue) return false;
  const first = await receiveFirst(body, 0);
  return !Buffer.isBuffer(first) || first.length > 0;
}

function noContent(): Response {
  return htmlResponse(204, '');
}

function notFound(): Response {
  return htmlResponse(
    404,
    '<html><h1>Not Found</h1><p>The resource could not be found.</p></html>',
  );
}

function createdResponse(etag: string): Response {
  const headers = Headers.of({ Etag: etag, 'Last-Modified': new Date().toUTCString() });
  return htmlResponse(201, '', headers);
}
