import { authorityFor } from '../../authority';
import { findNull } from './execute_nulls';
import { goneBy } from '../unfinished_note';
import { versionPrefix, versionsContainerOf } from '../version_names';
import { drain } from '../../../http/body';
import type { Power, Right } from '../../../swift_api/authority/authority';
import { type Handler, type Request } from '../../../swift_api/message';
import { type ContainerTarget, type ObjectTarget } from '../../../swift_api/target';
import { StoreError } from '../../../util/store_error';
import { SwiftStore } from '../../store/swift_store';
import { readListing, toTopEntries, toVersionEntry } from '../containers/listing_entries';
import { NULL_ID } from '../version_target';
import { SwiftClient } from '../../../swift_api/client';

/**
 * The id of the delete marker that is an object's newest version; undefined if that is no
 * marker, or there is no version.
 */
export interface NewestMarker {
  readonly id: string | undefined;
}

/**
 * An interrupted operation leaves at most a note and two versions before those that were
 * there, except for null versions.
 */
const MAX_LISTED = '10';

/**
 * Looks up what dialects, unlike Swift's API, need to know of versions; without an
 * object's lock.
 */
export class NullReader {
  constructor(
    private readonly next: Handler,
    private readonly power: Power,
  ) {}

  /**
   * Finds the null version of an object. If a write replaces it meanwhile, the version
   * found may be gone.
   *
   * @param right the right to read the object, or to list its container
   * @returns `itself` for the object, or the id of the version; undefined if there is
   * none
   */
  async find(request: Request, target: ObjectTarget, right: Right): Promise<string | undefined> {
    const versions = versionsContainerOf(target.container);
    const lookUp = () => findNull(this.store(request, right), versions, target);
    const first = await lookUp();
    const { found } = first.mayHaveMoved ? await lookUp() : first;
    return typeof found === 'object' ? found.id : found;
  }

  /** Returns the id under which an object's null version is kept among its versions. */
  async findKeptId(
    request: Request,
    target: ContainerTarget,
    object: string,
    right: Right,
  ): Promise<string | undefined> {
    const nullId = await this.find(request, { ...target, object }, right);
    return nullId === 'itself' ? undefined : nullId;
  }

  /**
   * Returns whether an object's newest version is a delete marker; undefined if the
   * client may not know, or there is no versions container.
   */
  async newestMarker(
    request: Request,
    target: ObjectTarget,
    right: Right,
  ): Promise<NewestMarker | undefined> {
    const { version, account, container, object } = target;
    const client = new SwiftClient(this.next, request, authorityFor(this.power, right));
    const versions = { version, account, container: versionsContainerOf(container) };
    const query = { format: 'json', prefix: versionPrefix(object), limit: MAX_LISTED };
    try {
      const response = await client.get(versions, { query });
      if (response.status >= 300) {
        await drain(response.body);
        return undefined;
      }
      const entries = await readListing(response);
      const { ids, unfinished } = toTopEntries(entries);
      // the object did not exist a moment ago
      const goneIds = unfinished
        ? goneBy(unfinished, { is: 'nothing' }, (id) => ids.includes(id))
        : [];
      const first = entries
        .map((each) => toVersionEntry(each))
        .find((each) => each && 'id' in each && !goneIds.includes(each.id));
      if (first === undefined || !('id' in first) || !first.isMarker) return { id: undefined };
      return { id: first.isNull ? NULL_ID : first.id };
    } catch (error) {
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  }

  private store(request: Request, right: Right): SwiftStore {
    return new SwiftStore(this.next, { ...request, authority: authorityFor(this.power, right) });
  }
}
