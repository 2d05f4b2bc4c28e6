import { destroy } from '../../http/body';
import { isReadMethod, type Handler, type Response } from '../../swift_api/message';
import { isCopy } from '../../swift_api/object_writes';
import type { PolicyCache } from '../policy';
import { VersionRequests } from './version_requests';
import { NULL_ID } from './version_target';
import { VersionReader } from './reader';
import { withClientCopySource, withNullCopySource, presentObject } from './presentation';
import { resolveCopySource } from './copy_source';
import { VersionWriter, type WriterOptions } from './writer';
import type { ObjectCall } from '../calls';

/**
 * Handles requests for objects of containers that may be versioned: reads, and requests
 * that name a version.
 */
export class VersionedObjects {
  /** Writes objects of versioned containers. */
  readonly writer: VersionWriter;
  private readonly reader: VersionReader;
  private readonly versionRequests: VersionRequests;

  /**
   * @param handler handles requests as the client's, through the filters before `next`
   */
  constructor(next: Handler, handler: Handler, policies: PolicyCache, parts: WriterOptions) {
    this.writer = new VersionWriter(next, policies, parts);
    this.reader = new VersionReader(next, handler, policies, parts.app);
    this.versionRequests = new VersionRequests(next, policies, parts, this.writer);
  }

  /**
   * @param otherwise handles other writes, deletes and changes of metadata of an object
   */
  async handle(
    call: ObjectCall,
    otherwise: (call: ObjectCall) => Promise<Response>,
  ): Promise<Response> {
    const { request, target } = call;
    if (isReadMethod(request.method)) return this.reader.read(call);
    return presentObject(await this.write(call, otherwise), target, request.dialect);
  }

  private async write(
    call: ObjectCall,
    otherwise: (call: ObjectCall) => Promise<Response>,
  ): Promise<Response> {
    const { request, target, versionId } = call;
    if (isCopy(request)) {
      const copy = await resolveCopySource(call, this.reader);
      if ('status' in copy) {
        destroy(request.body);
        return copy;
      }
      const response = withClientCopySource(
        await otherwise(call.withRequest(copy)),
        call.copySource ?? target,
        versionId,
      );
      return versionId === NULL_ID ? withNullCopySource(response) : response;
    }
    if (versionId === undefined || call.isMultipartDelete) return otherwise(call);
    return this.versionRequests.handle(call, versionId, otherwise);
  }
}
