import { destroy } from '../../http/body';
import { isReading, type Handler, type Request, type Response } from '../../swift_api/message';
import type { ObjectTarget } from '../../swift_api/target';
import { copiedBy, isCopy } from '../../swift_api/object_writes';
import { asSigned } from '../bypasses';
import { isMultipartDelete } from '../multipart_delete/multipart_delete';
import type { PolicyCache } from '../policy';
import { VersionRequests } from './version_requests';
import { askedVersion, NULL_ID } from './version_target';
import { VersionReader } from './reader';
import { copiedFrom, copiedFromNull, presentObject } from './presentation';
import { resolveCopySource } from './copy_source';
import { VersionWriter, type WriterParts } from './writer';

/** Answers requests for objects where versions may have ids: what reads, and what concerns versions by their ids. */
export class VersionedObjects {
  /** Writes what belongs to a container with ids. */
  readonly writer: VersionWriter;
  private readonly reader: VersionReader;
  private readonly byId: VersionRequests;

  /** @param handler answers as for the client, with what comes before `next` */
  constructor(next: Handler, handler: Handler, settings: PolicyCache, parts: WriterParts) {
    this.writer = new VersionWriter(next, settings, parts);
    this.reader = new VersionReader(next, handler, settings, parts.app.power);
    this.byId = new VersionRequests(next, settings, parts, this.writer);
  }

  /**
   * @param otherwise answers what writes or deletes an object, or changes its metadata
   */
  async handle(
    given: Request,
    target: ObjectTarget,
    otherwise: (request: Request) => Promise<Response>,
  ): Promise<Response> {
    if (given.method === 'OPTIONS' || !/^v1(\.0)?$/.test(target.version)) return otherwise(given);
    const request = asSigned(given);
    // a new request, since its answer is not the store's own
    if (isReading(request.method)) return this.reader.read({ ...request }, target);
    return presentObject(await this.written(request, target, otherwise), target, request.dialect);
  }

  private async written(
    request: Request,
    target: ObjectTarget,
    otherwise: (request: Request) => Promise<Response>,
  ): Promise<Response> {
    const asked = askedVersion(request.query);
    if (isCopy(request)) {
      const copy = await resolveCopySource(request, target, this.reader);
      if ('status' in copy) {
        destroy(request.body);
        return copy;
      }
      const response = copiedFrom(
        await otherwise(copy),
        copiedBy(request, target) ?? target,
        asked,
      );
      return asked === NULL_ID ? copiedFromNull(response) : response;
    }
    if (asked === undefined || isMultipartDelete(request)) return otherwise(request);
    return this.byId.handle(request, target, asked, otherwise);
  }
}
