import { page } from '../../../src/http/answers';
import { destroy, receiveFirst } from '../../../src/http/body';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, textResponse, type Handler, type Request, type Response } from '../../../src/http/message';
import { withoutParameter, type ObjectTarget } from '../../../src/http/path';
import { whileLocked } from '../held';
import type { Settings } from '../settings';
import { answeringTroubles } from '../troubles';
import { NULL_ID, parseId, VERSION_ID } from './names';
import { refusalOfId } from './reader';
import { refusalByOwner } from './rights';
import { identified } from './shown';
import { refusalBy, type WriterParts, type WriterWithIds } from './writer';

/** Removes and restores versions. */
export class ById {
  constructor(
    private readonly next: Handler,
    private readonly settings: Settings,
    private readonly parts: WriterParts,
    private readonly writer: WriterWithIds,
  ) {}

  /**
   * PUT, POST or DELETE of a version.
   *
   * @param otherwise answers what concerns the object and not a version
   */
  handle(
    request: Request,
    target: ObjectTarget,
    asked: string,
    otherwise: (request: Request) => Promise<Response>,
  ): Promise<Response> {
    return answeringTroubles(request, target, this.parts, () =>
      this.answer(request, target, asked, otherwise),
    );
  }

  private async answer(
    request: Request,
    target: ObjectTarget,
    asked: string,
    otherwise: (request: Request) => Promise<Response>,
  ): Promise<Response> {
    if (request.method === 'POST') {
      destroy(request.body);
      return page(400, 'POST to a specific version is not allowed');
    }
    const inForce = await this.settings.inForce(request, target);
    if (inForce.kind === 'native') return this.next(request);
    const plain = { ...request, query: withoutParameter(request.query, VERSION_ID) };
    if (request.method === 'DELETE' && asked === NULL_ID) {
      // what is current is removed, whatever it is, and no marker is written
      if (inForce.kind !== 'with-ids') return otherwise(plain);
      return whileLocked(plain, target, this.parts, this.next, (held) => held.next(held.request));
    }
    const refused = refusalOfId(inForce, asked);
    if (refused) {
      destroy(request.body);
      return refused;
    }
    return request.method === 'DELETE'
      ? this.remove(plain, target, asked)
      : this.restore(plain, target, parseId(asked) ?? '');
  }

  private async remove(request: Request, target: ObjectTarget, asked: string): Promise<Response> {
    const refusal = await refusalByOwner(request, target, this.next);
    if (refusal) return refusal;
    return whileLocked(request, target, this.parts, this.next, async (held) => {
      const versions = this.writer.versionsFor(held, target);
      const removal = await versions.remove(target, parseId(asked) ?? '', {
        forward: async () => ({ outcome: await held.forward((own) => held.next(own)) }),
      });
      if (removal.result === 'refused') return held.answer();
      await held.discard();
      // as it was asked for, like Swift
      const answer = identified(removal.result === 'removed' ? gone() : missing(), asked);
      const current = removal.current ?? NULL_ID;
      return { ...answer, headers: answer.headers.with('X-Object-Current-Version-Id', current) };
    });
  }

  private async restore(request: Request, target: ObjectTarget, id: string): Promise<Response> {
    const isLong = Number(request.headers.get('content-length') ?? 0) > 0;
    if (isLong || (await hasBody(request))) {
      destroy(request.body);
      return textResponse(400, 'PUT version-id requests require a zero byte body');
    }
    return whileLocked({ ...request, body: NO_BODY }, target, this.parts, this.next, async (held) => {
      const refusal = await this.refusalOfWrite(request, target);
      if (refusal) return refusal;
      try {
        const versions = this.writer.versionsFor(held, target);
        const version = await this.writer.remaking(held, target, () => versions.restore(target, id));
        if (version === undefined) return await this.notThere(held.own, target);
        return identified(created(version.etag), id);
      } catch (error) {
        return refusalBy(error);
      }
    });
  }

  private async refusalOfWrite(request: Request, target: ObjectTarget): Promise<Response | undefined> {
    const { app } = this.parts;
    return app.authority === 'client' ? undefined : app.mayWrite(request, target, { fresh: true });
  }

  private async notThere(own: Request, target: ObjectTarget): Promise<Response> {
    const isGone = !(await this.writer.hasVersions(own, target));
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

function gone(): Response {
  return page(204, '');
}

function missing(): Response {
  return page(404, '<html><h1>Not Found</h1><p>The resource could not be found.</p></html>');
}

function created(etag: string): Response {
  const headers = Headers.of({ Etag: etag, 'Last-Modified': new Date().toUTCString() });
  return page(201, '', headers);
}
