import type { ByteString } from '../../../http/bytes';
import type { ObjectRef, Store } from '../../store/store';
import { planNullDelete, planNullWrite, successorsOf, nullsOf } from './plan_nulls';
import { type KeptVersion } from '../plan_versions';
import { stateOf, type State } from '../state';
import { isNameTooLong } from '../../store/responses';
import { formatTimestamp } from '../../archive/names';
import { NullIndex } from './null_index';
import { goneBy, stateKey, unfinishedIn, unfinishedName } from '../unfinished_note';
import { parseVersionName, versionPrefix } from '../version_names';
import { VersionExecutor } from '../execute_versions';
import type { Removal, VersionOperation, VersionResult } from '../version_operation';

/**
 * Max number of newest versions searched for the next current one. Those before it were
 * left by crashes, or are gone.
 */
const MAX_LISTED = 100;

/** A removal after which another version may become the current one. */
interface Promotion {
  readonly object: ObjectRef;
  readonly state: State;
  /** Undefined for the object itself, if it is not a version. */
  readonly id: string | undefined;
  readonly operation: Pick<VersionOperation, 'forward'>;
}

/**
 * Object versioning as in S3 and the APIs modelled on it: an object has at most one null
 * version, which a write or delete replaces while versioning is disabled; and if the
 * current version is removed, the one before it becomes current.
 */
export class NullVersionExecutor extends VersionExecutor {
  /** Writes an object while versioning is disabled. Throws as `write` does. */
  async replace(object: ObjectRef, operation: VersionOperation): Promise<VersionResult> {
    const snapshot = await this.interrupted.inspect(object);
    const verdict = await operation.guard(snapshot.info);
    if (verdict !== 'go') return this.handleRefusal(verdict, operation);
    const { state } = await this.interrupted.settle(object, snapshot);
    // if the object itself is the null version, the write replaces it
    const nullVersions = state.is === 'null' ? [] : await this.nulls.list(object);
    const by = formatTimestamp(this.store.now());
    return this.execute(object, state, planNullWrite(state, nullVersions, by), operation);
  }

  /**
   * Deletes an object while versioning is disabled: writes a marker that is the null
   * version. If the object's name leaves no room for that of a marker, it has no versions
   * either, and there is nothing that a marker would have to hide: then the object, which
   * the marker would replace, is deleted without one. Throws as `write` does.
   */
  async deleteNull(object: ObjectRef, operation: VersionOperation): Promise<VersionResult> {
    const snapshot = await this.interrupted.inspect(object);
    const verdict = await operation.guard(snapshot.info);
    if (verdict !== 'go') return this.handleRefusal(verdict, operation);
    const settled = await this.interrupted.settle(object, snapshot);
    const { state } = settled;
    const [nullVersions, id] = await Promise.all([
      this.nulls.list(object),
      this.newId(object, settled),
    ]);
    try {
      const plan = planNullDelete(state, nullVersions, id);
      const result = await this.execute(object, state, plan, operation);
      return result.result === 'stopped' ? result : { ...result, isNull: true };
    } catch (error) {
      if (!isNameTooLong(error) || state.is === 'link' || nullVersions.length > 0) throw error;
    }
    await operation.forward();
    return { result: 'forwarded', isUnmarked: true };
  }

  /**
   * Locates a version: the object itself if it is that version or a link to it.
   *
   * @param id undefined for the null version
   * @returns undefined if the version does not exist
   */
  async locate(object: ObjectRef, id: string | undefined): Promise<ObjectRef | undefined> {
    const { state } = await this.settle(object);
    if (id === undefined && state.is === 'null') return object;
    const versionId = id ?? nullsOf(state, await this.nulls.list(object)).current?.id;
    if (versionId === undefined) return undefined;
    return state.is === 'link' && state.id === versionId ? object : this.at(object, versionId);
  }

  /**
   * Removes a version permanently. If it was the current one, or the marker in the
   * object's place, the version before it becomes current.
   *
   * @param versionId undefined for the null version
   * @param operation forwards the removal of the object, if nothing replaces it
   */
  async removeVersion(
    object: ObjectRef,
    versionId: string | undefined,
    operation: Pick<VersionOperation, 'forward'>,
  ): Promise<Removal> {
    const { state } = await this.settle(object);
    const nullVersions = versionId === undefined ? await this.nulls.list(object) : [];
    const { current, leftovers } = nullsOf(state, nullVersions);
    if (versionId === undefined && state.is === 'null')
      return this.removeItself({ object, state, id: undefined, operation }, leftovers);
    const id = versionId ?? current?.id;
    const version = id === undefined ? undefined : await this.store.stat(this.at(object, id));
    if (id === undefined || version === undefined)
      return { result: 'missing', current: state.is === 'link' ? state.id : undefined };
    const { isMarker } = version;
    const promoted = await this.promote({ object, state, id, operation });
    if (promoted === 'refused') return { result: 'refused' };
    const { isNoted, ...rest } = promoted;
    const wasRemoved = await this.store.remove(this.at(object, id));
    if (isNoted) await this.interrupted.end(object);
    if (versionId === undefined && nullVersions.length === 1) await this.nulls.remove(object);
    return { result: wasRemoved ? 'removed' : 'missing', isMarker, ...rest };
  }

  private async removeItself(
    promotion: Promotion,
    leftovers: readonly KeptVersion[],
  ): Promise<Removal> {
    const promoted = await this.promote(promotion, leftovers);
    if (promoted === 'refused') return { result: 'refused' };
    const { isNoted, ...rest } = promoted;
    for (const { id } of leftovers) await this.store.remove(this.at(promotion.object, id));
    if (isNoted) await this.interrupted.end(promotion.object);
    return { result: 'removed', ...rest };
  }

  /**
   * Makes another version current before the one that is, or was last, current goes: a
   * link never dangles, and a crash leaves a note that the old version is to be removed.
   *
   * @param besides other versions to be removed as well
   * @returns the id of the version that is current then, and whether the removal is noted
   */
  private async promote(
    promotion: Promotion,
    besides: readonly KeptVersion[] = [],
  ): Promise<{ current?: string; isNoted?: boolean } | 'refused'> {
    const { object, state, id, operation } = promotion;
    const isCurrent =
      state.is === 'null' ? id === undefined : state.is === 'link' && state.id === id;
    if (!isCurrent && state.is !== 'nothing')
      return state.is === 'link' ? { current: state.id } : {};
    const removedIds = new Set(besides.map((each) => each.id));
    const drops = [...removedIds, ...(id === undefined ? [] : [id])];
    const isNoted = drops.length > 0;
    const begin = async () => {
      const unfinished = { happens: 'changed', over: stateKey(state), adds: [], drops } as const;
      if (isNoted) await this.interrupted.begin(object, unfinished);
    };
    const newestVersions = (await this.newest(object)).filter((each) => !removedIds.has(each.id));
    for (const successor of successorsOf(state, id, newestVersions)) {
      const version = await this.store.stat(this.at(object, successor.id));
      if (version === undefined) continue;
      const newest = newestOf(state, newestVersions) ?? successor.id;
      const notedNewest = newest > successor.id ? newest : undefined;
      await begin();
      await this.point(object, { do: 'point', id: successor.id, newest: notedNewest }, version);
      return { current: successor.id, isNoted };
    }
    if (!isCurrent) return {};
    await begin();
    const { outcome } = await operation.forward();
    if (outcome === 'failed' && isNoted) await this.interrupted.end(object);
    return outcome === 'done' ? { isNoted } : 'refused';
  }

  private async newest({ account, object }: ObjectRef): Promise<KeptVersion[]> {
    const prefix = versionPrefix(object);
    const entries = await this.store.firstEntries(account, this.versions, prefix, MAX_LISTED);
    return entries.flatMap(({ name, isMarker }) => {
      const id = parseVersionName(name)?.id;
      return id === undefined ? [] : [{ id, isMarker }];
    });
  }
}

/** The result of looking for an object's null version without the object's lock. */
export interface NullLookup {
  /** The object itself, or a version; undefined if there is no null version. */
  readonly found: 'itself' | KeptVersion | undefined;
  /**
   * None was found although the index lists one: a write may have moved it to where the
   * search had already been.
   */
  readonly mayHaveMoved: boolean;
}

/**
 * Finds the null version of an object.
 *
 * @param versions the container that holds the versions
 */
export async function findNull(
  store: Store,
  versions: ByteString,
  object: ObjectRef,
): Promise<NullLookup> {
  const state = stateOf(object, versions, await store.stat(object));
  if (state.is === 'null') return { found: 'itself', mayHaveMoved: false };
  const index = new NullIndex(store, versions);
  const listedIds = await index.readIds(object);
  const nullVersions = await index.readVersions(object, listedIds);
  const goneIds =
    nullVersions.length === 0 ? [] : await goneOf(store, versions, object, state, nullVersions);
  const found = nullsOf(
    state,
    nullVersions.filter(({ id }) => !goneIds.includes(id)),
  ).current;
  return { found, mayHaveMoved: found === undefined && listedIds.length > 0 };
}

/** The ids of versions that an interrupted operation left, or was about to remove. */
async function goneOf(
  store: Store,
  versions: ByteString,
  object: ObjectRef,
  state: State,
  nullVersions: readonly KeptVersion[],
): Promise<readonly string[]> {
  const note = await store.stat({
    ...object,
    container: versions,
    object: unfinishedName(object.object),
  });
  const unfinished = note && unfinishedIn(note.contentType);
  return unfinished
    ? goneBy(unfinished, state, (id) => nullVersions.some((each) => each.id === id))
    : [];
}

/** The newest acknowledged version, which a link to an older version notes. */
function newestOf(state: State, versions: readonly KeptVersion[]): string | undefined {
  if (state.is === 'link') return state.newest;
  return state.is === 'null' ? state.timestamp : versions[0]?.id;
}
