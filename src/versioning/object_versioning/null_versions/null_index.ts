import type { ByteString } from '../../../http/bytes';
import type { ObjectRef, Store } from '../../store/store';
import type { KeptVersion } from '../plan_versions';
import { idsIn, indexType, nullIn } from './null_note';
import { nullIndexName, versionName } from '../version_names';

/**
 * Finds the null versions that are kept among an object's versions, however many those are: an object beside them tells their ids. It is written
 * before what it tells of, so that what it tells may not be there, or not be there any more; it is never the other way round.
 */
export class NullIndex {
  /** @param versions the container that holds the versions */
  constructor(
    private readonly store: Store,
    private readonly versions: ByteString,
  ) {}

  /** The null versions that are kept, the newest first. */
  async kept(object: ObjectRef): Promise<KeptVersion[]> {
    return this.among(object, await this.told(object));
  }

  /** The ids that are told of. */
  async told(object: ObjectRef): Promise<readonly string[]> {
    const index = await this.store.stat(this.at(object));
    return index === undefined ? [] : idsIn(index.contentType);
  }

  /** Those of them that are kept, the newest first. */
  async among(object: ObjectRef, told: readonly string[]): Promise<KeptVersion[]> {
    const found = await Promise.all(told.map((id) => this.look(object, id)));
    return found.filter((each) => each !== undefined).sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** Notes that a null version is about to be written. */
  async note(object: ObjectRef, id: string, besides: readonly KeptVersion[]): Promise<void> {
    const ids = new Set([id, ...besides.map((each) => each.id)]);
    await this.store.putNote(this.at(object), indexType([...ids]));
  }

  /** Removes the index of an object that has no null version among its versions any more. */
  async remove(object: ObjectRef): Promise<void> {
    await this.store.remove(this.at(object));
  }

  private async look(object: ObjectRef, id: string): Promise<KeptVersion | undefined> {
    const at = { ...object, container: this.versions, object: versionName(object.object, id) };
    const info = await this.store.stat(at);
    if (info === undefined) return undefined;
    const type = info.isLarge ? await this.store.contentType(at) : info.contentType;
    return type !== undefined && nullIn(type) === id ? { id, isMarker: info.isMarker } : undefined;
  }

  private at(object: ObjectRef): ObjectRef {
    return { ...object, container: this.versions, object: nullIndexName(object.object) };
  }
}
