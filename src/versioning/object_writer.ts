import type { Handler, Request, Response } from '../swift_api/message';
import { isCopy } from '../swift_api/object_writes';
import type { ContainerTarget, ObjectTarget } from '../swift_api/target';
import { ArchiveWriter } from './archive/writer';
import type { VersioningContext } from './context';
import { forwardUnversioned } from './forward_unversioned';
import { presentObject } from './object_versioning/presentation';
import type { VersionWriter } from './object_versioning/writer';
import type { PolicyCache } from './policy';

/** Writes and deletes single objects according to the policy of their container. */
export class ObjectWriter {
  private readonly archive: ArchiveWriter;

  constructor(
    private readonly next: Handler,
    private readonly policies: PolicyCache,
    private readonly context: VersioningContext,
    /** Undefined if X-Versions-Enabled is left to the store. */
    private readonly versions?: Pick<VersionWriter, 'write'>,
  ) {
    this.archive = new ArchiveWriter(next, context);
  }

  /**
   * @param request PUT, DELETE, COPY or POST
   * @param written the object that the request writes, deletes or updates
   */
  async handle(request: Request, written: ObjectTarget): Promise<Response> {
    const { version, account, container } = written;
    const target: ContainerTarget = { version, account, container };
    const lease = await this.policies.acquireShared(request, target, this.context.lock_wait);
    const policy = lease.value;
    // keeps the container, and so its policy, from being deleted during the write
    if (policy?.kind === 'versioned' && this.context.allow_versioned_writes === true)
      return this.archive.write(request, written, policy).finally(lease.release);
    if (policy?.kind !== 'with-ids' || !this.versions)
      return forwardUnversioned(request, target, [lease], this.next);
    lease.release();
    const response = await this.versions.write(request, written);
    return isCopy(request) ? response : presentObject(response, written, request.dialect);
  }
}
