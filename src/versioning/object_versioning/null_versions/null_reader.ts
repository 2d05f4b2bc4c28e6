import { authorityOn } from '../../authority';
import { findNull } from './execute_nulls';
import { goneBy } from '../unfinished_note';
import { versionPrefix, versionsContainerOf } from '../version_names';
import { drain } from '../../../http/body';
import type { Power, Right } from '../../../swift_api/authority/authority';
import { type Handler, type Request } from '../../../swift_api/message';
import { type ContainerTarget, type ObjectTarget } from '../../../swift_api/target';
import { StoreError } from '../../../util/store_error';
import { SwiftStore } from '../../store/swift_store';
import { readListing, topOf, versionOf } from '../containers/listing_entries';
import { NULL_ID } from '../version_target';
import { SwiftClient } from '../../../swift_api/client';

/** The id of the delete marker that is the newest version of an object; undefined where that is no marker, or there is none. */
export interface NewestMarker {
  readonly id: string | undefined;
}

/** An operation that was interrupted leaves a note and two versions at most before what was there, but for null versions. */
const MAX_LISTED = '10';

/** Looks for what dialects ask of versions besides Swift's API, without the lock of an object. */
export class NullReader {
  constructor(
    private readonly next: Handler,
    private readonly power: Power,
  ) {}

  /**
   * The null version of an object: the object `itself`, or the id of the version that is; undefined where it has none. Of one that a write takes the
   * place of meanwhile, what is found may be gone.
   *
   * @param right to read the object, or to list its container
   */
  async find(request: Request, target: ObjectTarget, right: Right): Promise<string | undefined> {
    const versions = versionsContainerOf(target.container);
    const look = () => findNull(this.store(request, right), versions, target);
    const first = await look();
    const { found } = first.mayHaveMoved ? await look() : first;
    return typeof found === 'object' ? found.id : found;
  }

  /** The id under which an object's null version is kept among its versions. */
  async kept(
    request: Request,
    target: ContainerTarget,
    object: string,
    right: Right,
  ): Promise<string | undefined> {
    const found = await this.find(request, { ...target, object }, right);
    return found === 'itself' ? undefined : found;
  }

  /** Whether an object's newest version is a delete marker; undefined where that may not be known, or the versions have no container. */
  async newestMarker(
    request: Request,
    target: ObjectTarget,
    right: Right,
  ): Promise<NewestMarker | undefined> {
    const { version, account, container, object } = target;
    const client = new SwiftClient(this.next, request, authorityOn(this.power, right));
    const versions = { version, account, container: versionsContainerOf(container) };
    const query = { format: 'json', prefix: versionPrefix(object), limit: MAX_LISTED };
    try {
      const response = await client.get(versions, { query });
      if (response.status >= 300) {
        await drain(response.body);
        return undefined;
      }
      const listed = await readListing(response);
      const { ids, unfinished } = topOf(listed);
      // the object was not there just now
      const gone = unfinished
        ? goneBy(unfinished, { is: 'nothing' }, (id) => ids.includes(id))
        : [];
      const first = listed
        .map((each) => versionOf(each))
        .find((each) => each && 'id' in each && !gone.includes(each.id));
      if (first === undefined || !('id' in first) || !first.isMarker) return { id: undefined };
      return { id: first.isNull ? NULL_ID : first.id };
    } catch (error) {
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  }

  private store(request: Request, right: Right): SwiftStore {
    return new SwiftStore(this.next, { ...request, authority: authorityOn(this.power, right) });
  }
}
