import { nullIn } from '../../../src/core/null_note';
import { findNull } from '../../../src/core/null_versions';
import { parseVersionName, versionPrefix, versionsContainerOf } from '../../../src/core/version_names';
import type { Authority, Handler, Request } from '../../../src/http/message';
import type { ContainerTarget, ObjectTarget } from '../../../src/http/path';
import { StoreError } from '../../../src/stores/error';
import { HttpStore } from '../../../src/stores/http_store';
import { NULL_ID } from './names';

/** Looks for what dialects ask of versions besides Swift's API, without the lock of an object. */
export class NullReader {
  constructor(
    private readonly next: Handler,
    private readonly authority: Authority,
  ) {}

  /** The null version of an object: the object `itself`, or the id of the version that is; undefined where it has none. */
  async find(request: Request, target: ObjectTarget): Promise<string | undefined> {
    const versions = versionsContainerOf(target.container);
    const found = await findNull(this.store(request), versions, target);
    return typeof found === 'object' ? found.id : found;
  }

  /** The id under which an object's null version is kept among its versions. */
  async kept(request: Request, target: ContainerTarget, object: string): Promise<string | undefined> {
    const found = await this.find(request, { ...target, object });
    return found === 'itself' ? undefined : found;
  }

  /** The id of the delete marker that an object's newest version is; undefined where that is another, or it may not be known. */
  async newestMarker(
    request: Request,
    { account, container, object }: ObjectTarget,
  ): Promise<string | undefined> {
    const versions = versionsContainerOf(container);
    try {
      const [first] = await this.store(request).firstEntries(account, versions, versionPrefix(object), 1);
      const id = first?.isMarker ? parseVersionName(first.name)?.id : undefined;
      return id !== undefined && nullIn(first?.contentType ?? '') === id ? NULL_ID : id;
    } catch (error) {
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  }

  private store(request: Request): HttpStore {
    return new HttpStore(this.next, { ...request, authority: this.authority });
  }
}
