import { destroy } from '../../http/body';
import { isReading, type Handler, type Response } from '../../swift_api/message';
import { isCopy } from '../../swift_api/object_writes';
import type { PolicyCache } from '../policy';
import { VersionRequests } from './version_requests';
import { NULL_ID } from './version_target';
import { VersionReader } from './reader';
import { copiedFrom, copiedFromNull, presentObject } from './presentation';
import { resolveCopySource } from './copy_source';
import { VersionWriter, type WriterParts } from './writer';
import { ObjectCall } from '../calls';

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
    call: ObjectCall,
    otherwise: (call: ObjectCall) => Promise<Response>,
  ): Promise<Response> {
    const { request, target } = call;
    if (isReading(request.method)) return this.reader.read(call);
    return presentObject(await this.write(call, otherwise), target, request.dialect);
  }

  private async write(
    call: ObjectCall,
    otherwise: (call: ObjectCall) => Promise<Response>,
  ): Promise<Response> {
    const { request, target, versionId: asked } = call;
    if (isCopy(request)) {
      const copy = await resolveCopySource(call, this.reader);
      if ('status' in copy) {
        destroy(request.body);
        return copy;
      }
      const response = copiedFrom(
        await otherwise(call.with(copy)),
        call.copySource ?? target,
        asked,
      );
      return asked === NULL_ID ? copiedFromNull(response) : response;
    }
    if (asked === undefined || call.isMultipartDelete) return otherwise(call);
    return this.byId.handle(call, asked, otherwise);
  }
}
