import type { ByteString } from '../../../http/bytes';
import type { ObjectRef, Store } from '../../store/store';
import { planNullDelete, planNullWrite, successorsOf, nullsOf } from './plan_nulls';
import { type KeptVersion } from '../plan_versions';
import { stateOf, type State } from '../state';
import { formatTimestamp } from '../../archive/names';
import { NullIndex } from './null_index';
import { goneBy, stateKey, unfinishedIn, unfinishedName } from '../unfinished_note';
import { parseVersionName, versionPrefix } from '../version_names';
import {
  VersionExecutor,
  type VersionOperation,
  type VersionResult,
  type Removal,
} from '../execute_versions';

/** So many of the newest versions are looked at for one that is to be current; what is before it was left by crashes, or is gone. */
const MAX_LISTED = 100;

/** What is removed, and what is the current version then. */
interface Promotion {
  readonly object: ObjectRef;
  readonly state: State;
  /** Undefined: the object, which is no version. */
  readonly id: string | undefined;
  readonly operation: Pick<VersionOperation, 'forward'>;
}

/**
 * Versions with ids as S3 has them, and the APIs after it: an object has one null version at most, which what is written or deleted while versions are
 * switched off takes the place of; and where the current version is removed, the one before is current.
 */
export class NullVersionExecutor extends VersionExecutor {
  /** A write with versions switched off. Throws as `write` does. */
  async replace(object: ObjectRef, operation: VersionOperation): Promise<VersionResult> {
    const found = await this.interrupted.look(object);
    const verdict = await operation.guard(found.info);
    if (verdict !== 'go') return this.refused(verdict, operation);
    const { state } = await this.interrupted.settle(object, found);
    // where the object is the null version itself, the write replaces it
    const kept = state.is === 'null' ? [] : await this.nulls.kept(object);
    const by = formatTimestamp(this.store.now());
    return this.carryOut(object, state, planNullWrite(state, kept, by), operation);
  }

  /** A DELETE with versions switched off: makes a marker that is the null version. Throws as `write` does. */
  async deleteNull(object: ObjectRef, operation: VersionOperation): Promise<VersionResult> {
    const found = await this.interrupted.look(object);
    const verdict = await operation.guard(found.info);
    if (verdict !== 'go') return this.refused(verdict, operation);
    const settled = await this.interrupted.settle(object, found);
    const { state } = settled;
    const [kept, id] = await Promise.all([this.nulls.kept(object), this.newId(object, settled)]);
    const result = await this.carryOut(object, state, planNullDelete(state, kept, id), operation);
    return result.result === 'stopped' ? result : { ...result, isNull: true };
  }

  /**
   * Where a version is that is there: the object itself where that is the version, or is a link to it; undefined where it is not there.
   *
   * @param id undefined: the null version
   */
  async locate(object: ObjectRef, id: string | undefined): Promise<ObjectRef | undefined> {
    const { state } = await this.settle(object);
    if (id === undefined && state.is === 'null') return object;
    const found = id ?? nullsOf(state, await this.nulls.kept(object)).current?.id;
    if (found === undefined) return undefined;
    return state.is === 'link' && state.id === found ? object : this.at(object, found);
  }

  /**
   * Removes a version for good; where it was the current one, or the marker that is in its place, the version before is current then.
   *
   * @param asked undefined: the null version
   * @param operation lets through the removal of the object, where nothing takes its place
   */
  async removeVersion(
    object: ObjectRef,
    asked: string | undefined,
    operation: Pick<VersionOperation, 'forward'>,
  ): Promise<Removal> {
    const { state } = await this.settle(object);
    const kept = asked === undefined ? await this.nulls.kept(object) : [];
    const { current, leftovers } = nullsOf(state, kept);
    if (asked === undefined && state.is === 'null')
      return this.removeItself({ object, state, id: undefined, operation }, leftovers);
    const id = asked ?? current?.id;
    const version = id === undefined ? undefined : await this.store.stat(this.at(object, id));
    if (id === undefined || version === undefined)
      return { result: 'missing', current: state.is === 'link' ? state.id : undefined };
    const { isMarker } = version;
    const succeeded = await this.succeed({ object, state, id, operation });
    if (succeeded === 'refused') return { result: 'refused' };
    const { isNoted, ...then } = succeeded;
    const removed = await this.store.remove(this.at(object, id));
    if (isNoted) await this.interrupted.end(object);
    if (asked === undefined && kept.length === 1) await this.nulls.remove(object);
    return { result: removed ? 'removed' : 'missing', isMarker, ...then };
  }

  private async removeItself(
    succession: Promotion,
    leftovers: readonly KeptVersion[],
  ): Promise<Removal> {
    const succeeded = await this.succeed(succession, leftovers);
    if (succeeded === 'refused') return { result: 'refused' };
    const { isNoted, ...then } = succeeded;
    for (const { id } of leftovers) await this.store.remove(this.at(succession.object, id));
    if (isNoted) await this.interrupted.end(succession.object);
    return { result: 'removed', ...then };
  }

  /**
   * Makes another version the current one before the version goes that is, or was last: a link is never to nothing, and a crash leaves the old
   * version noted as one that is to go.
   *
   * @param besides what goes as well
   * @returns the id of the version that is current then, and whether it is noted what is to go
   */
  private async succeed(
    succession: Promotion,
    besides: readonly KeptVersion[] = [],
  ): Promise<{ current?: string; isNoted?: boolean } | 'refused'> {
    const { object, state, id, operation } = succession;
    const isCurrent =
      state.is === 'null' ? id === undefined : state.is === 'link' && state.id === id;
    if (!isCurrent && state.is !== 'nothing')
      return state.is === 'link' ? { current: state.id } : {};
    const gone = new Set(besides.map((each) => each.id));
    const drops = [...gone, ...(id === undefined ? [] : [id])];
    const isNoted = drops.length > 0;
    const begin = async () => {
      const unfinished = { happens: 'changed', over: stateKey(state), adds: [], drops } as const;
      if (isNoted) await this.interrupted.begin(object, unfinished);
    };
    const listed = (await this.newest(object)).filter((each) => !gone.has(each.id));
    for (const heir of successorsOf(state, id, listed)) {
      const version = await this.store.stat(this.at(object, heir.id));
      if (version === undefined) continue;
      const newest = newestOf(state, listed) ?? heir.id;
      const noted = newest > heir.id ? newest : undefined;
      await begin();
      await this.point(object, { do: 'point', id: heir.id, newest: noted }, version);
      return { current: heir.id, isNoted };
    }
    if (!isCurrent) return {};
    await begin();
    const { outcome } = await operation.forward();
    if (outcome === 'failed' && isNoted) await this.interrupted.end(object);
    return outcome === 'done' ? { isNoted } : 'refused';
  }

  private async newest({ account, object }: ObjectRef): Promise<KeptVersion[]> {
    const prefix = versionPrefix(object);
    const listed = await this.store.firstEntries(account, this.versions, prefix, MAX_LISTED);
    return listed.flatMap(({ name, isMarker }) => {
      const id = parseVersionName(name)?.id;
      return id === undefined ? [] : [{ id, isMarker }];
    });
  }
}

/** What looking for an object's null version, without its lock, came to. */
export interface NullFound {
  /** The object itself, or a version; undefined: it has none. */
  readonly found: 'itself' | KeptVersion | undefined;
  /** None was found, though there was one, or was to be: a write may have put one where it was looked for before. */
  readonly mayHaveMoved: boolean;
}

/**
 * Looks for the null version of an object.
 *
 * @param versions the container that holds the versions
 */
export async function findNull(
  store: Store,
  versions: ByteString,
  object: ObjectRef,
): Promise<NullFound> {
  const state = stateOf(object, versions, await store.stat(object));
  if (state.is === 'null') return { found: 'itself', mayHaveMoved: false };
  const index = new NullIndex(store, versions);
  const told = await index.told(object);
  const kept = await index.among(object, told);
  const gone = kept.length === 0 ? [] : await goneOf(store, versions, object, state, kept);
  const found = nullsOf(
    state,
    kept.filter(({ id }) => !gone.includes(id)),
  ).current;
  return { found, mayHaveMoved: found === undefined && told.length > 0 };
}

/** What an operation that was interrupted left, or was about to remove. */
async function goneOf(
  store: Store,
  versions: ByteString,
  object: ObjectRef,
  state: State,
  kept: readonly KeptVersion[],
): Promise<readonly string[]> {
  const note = await store.stat({
    ...object,
    container: versions,
    object: unfinishedName(object.object),
  });
  const unfinished = note && unfinishedIn(note.contentType);
  return unfinished ? goneBy(unfinished, state, (id) => kept.some((each) => each.id === id)) : [];
}

/** The link to an older version notes the newest that was acknowledged. */
function newestOf(state: State, listed: readonly KeptVersion[]): string | undefined {
  if (state.is === 'link') return state.newest;
  return state.is === 'null' ? state.timestamp : listed[0]?.id;
}
