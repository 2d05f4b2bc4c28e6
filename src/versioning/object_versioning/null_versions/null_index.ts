import type { ByteString } from '../../../http/bytes';
import type { ObjectRef, Store } from '../../store/store';
import type { KeptVersion } from '../plan_versions';
import { idsInNullIndex, nullIndexType, nullIdIn } from './null_note';
import { nullIndexName, versionName } from '../version_names';

/**
 * Finds the null versions that are kept among an object's versions, however many versions
 * there are: an index object beside them lists the ids of null versions. An id is written
 * to it before the version: a listed version may not exist yet, or any more, but no null
 * version is unlisted.
 */
export class NullIndex {
  /** @param versions the container that holds the versions */
  constructor(
    private readonly store: Store,
    private readonly versions: ByteString,
  ) {}

  /** Returns the null versions that are kept, newest first. */
  async list(object: ObjectRef): Promise<KeptVersion[]> {
    return this.readVersions(object, await this.readIds(object));
  }

  /** Returns the ids in the index. */
  async readIds(object: ObjectRef): Promise<readonly string[]> {
    const index = await this.store.stat(this.at(object));
    return index === undefined ? [] : idsInNullIndex(index.contentType);
  }

  /** Returns those of `ids` that are kept as null versions, newest first. */
  async readVersions(object: ObjectRef, ids: readonly string[]): Promise<KeptVersion[]> {
    const nullVersions = await Promise.all(ids.map((id) => this.readNull(object, id)));
    return nullVersions.filter((each) => each !== undefined).sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** Lists a null version that is about to be written, besides existing ones. */
  async add(object: ObjectRef, id: string, existing: readonly KeptVersion[]): Promise<void> {
    const ids = new Set([id, ...existing.map((each) => each.id)]);
    await this.store.putNote(this.at(object), nullIndexType([...ids]));
  }

  /**
   * Removes the index of an object that has no null version among its versions any more.
   */
  async remove(object: ObjectRef): Promise<void> {
    await this.store.remove(this.at(object));
  }

  private async readNull(object: ObjectRef, id: string): Promise<KeptVersion | undefined> {
    const at = { ...object, container: this.versions, object: versionName(object.object, id) };
    const info = await this.store.stat(at);
    if (info === undefined) return undefined;
    const type = info.isLarge ? await this.store.contentType(at) : info.contentType;
    return type !== undefined && nullIdIn(type) === id
      ? { id, isMarker: info.isMarker }
      : undefined;
  }

  private at(object: ObjectRef): ObjectRef {
    return { ...object, container: this.versions, object: nullIndexName(object.object) };
  }
}
