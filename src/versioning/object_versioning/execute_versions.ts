import type { ByteString } from '../../http/bytes';
import type { Log } from '../../util/log';
import { StoreError } from '../../util/store_error';
import type { Expiry, ObjectInfo, ObjectRef, Store } from '../store/store';
import {
  planDelete,
  planOverwrite,
  planRemoval,
  planRestore,
  planWrite,
  type VersionStep,
  type KeptVersion,
} from './plan_versions';
import { InterruptedWrites, type SettledObject } from './interrupted';
import { latest, stateOf, type State } from './state';
import { nextTimestamp, timestampAfter } from '../archive/names';
import { newestIn, withNewest } from './newest_note';
import { NullIndex } from './null_versions/null_index';
import type { Unfinished } from './unfinished_note';
import { nullMarkerType, withNull } from './null_versions/null_note';
import { parseVersionName, versionName, versionPrefix } from './version_names';
import type { Outcome, Verdict } from '../archive/execute';

/** What became of the client's own request, and what the store said of what it wrote. */
export interface SentWrite {
  readonly outcome: Outcome;
  /** The ETag of the very object that was written, where it is known that the store told that, and that it is no symlink. */
  readonly etag?: string | undefined;
  /** When the object is to expire, which its versions are not. */
  readonly expiry?: Expiry | undefined;
  /** What was written is to expire: it is a copy of something that is. */
  readonly mayExpire?: boolean | undefined;
}

/** The client's own request and its right, as the core sees them. */
export interface VersionOperation {
  /** As that of `Operation`. */
  guard(current: ObjectInfo | undefined): Promise<Verdict>;
  /**
   * Lets the client's own request through to the store. Never rejects.
   *
   * @param to the version that it is to write instead of the object that it names
   * @param by what is to be noted on the object that it makes
   */
  forward(to?: ObjectRef, by?: string): Promise<SentWrite>;
}

/** What became of an operation: let through, with the id of the version or the marker that it made; or stopped by its guard. */
export type VersionResult =
  | {
      readonly result: 'forwarded';
      readonly id?: string | undefined;
      /** What has the id is the null version. */
      readonly isNull?: boolean;
    }
  | { readonly result: 'stopped' };

/** What became of the removal of a version: `current` is what the object links to now, if to anything. */
export type Removal =
  | {
      readonly result: 'removed' | 'missing';
      readonly current?: string | undefined;
      /** It was a delete marker, as far as that was looked at. */
      readonly isMarker?: boolean;
    }
  | { readonly result: 'refused' };

/**
 * Keeps versions with ids: carries out on one object, whose lock the caller holds, what `decide_with_ids` says. A version is written once, to a
 * container beside the object's own; the object is a link to one of them. Versions are there before anything links to them, and
 * links go before what they lead to. What a crash between two steps leaves is in no listing, and the next operation removes it (`Interrupted`).
 */
export class VersionExecutor {
  protected readonly nulls: NullIndex;
  protected readonly interrupted: InterruptedWrites;

  /** @param versions the container that holds the versions */
  constructor(
    protected readonly store: Store,
    protected readonly versions: ByteString,
    private readonly log: Log,
  ) {
    this.nulls = new NullIndex(store, versions);
    this.interrupted = new InterruptedWrites(store, versions);
  }

  /** Completes what was interrupted on an object, or takes it back, before something is done to it that this does not see. */
  async settle(object: ObjectRef): Promise<SettledObject> {
    return this.interrupted.settle(object, await this.interrupted.look(object));
  }

  /**
   * A write with versions switched on.
   *
   * @param canMove whether the client's request can be sent to another place than it names
   * @throws StoreError where it could not be carried out; the object is then what it was, or it is unknown (`unavailable`)
   */
  async write(
    object: ObjectRef,
    operation: VersionOperation,
    canMove: boolean,
  ): Promise<VersionResult> {
    const found = await this.interrupted.look(object);
    const verdict = await operation.guard(found.info);
    if (verdict !== 'go') return this.refused(verdict, operation);
    const settled = await this.interrupted.settle(object, found);
    const { state } = settled;
    const nulls = this.nullsBeside(object, state);
    if (!canMove) return this.carryOut(object, state, planOverwrite(state, await nulls), operation);
    const [kept, id] = await Promise.all([nulls, this.newId(object, settled)]);
    return this.carryOut(object, state, planWrite(state, kept, id), operation);
  }

  /** A DELETE with versions switched on. Throws as `write` does. */
  async delete(object: ObjectRef, operation: VersionOperation): Promise<VersionResult> {
    const found = await this.interrupted.look(object);
    const verdict = await operation.guard(found.info);
    if (verdict !== 'go') return this.refused(verdict, operation);
    const settled = await this.interrupted.settle(object, found);
    const { state } = settled;
    const [kept, id] = await Promise.all([
      this.nullsBeside(object, state),
      this.newId(object, settled),
    ]);
    return this.carryOut(object, state, planDelete(state, kept, id), operation);
  }

  /**
   * Makes a version the current one. What has no id is kept first.
   *
   * @returns the version; undefined where there is none of that id, or it is a delete marker
   */
  async restore(object: ObjectRef, id: string): Promise<ObjectInfo | undefined> {
    const settled = await this.settle(object);
    const version = await this.store.stat(this.at(object, id));
    if (version === undefined || version.isMarker) return undefined;
    const { state } = settled;
    const [kept, newest] = await Promise.all([
      this.nullsBeside(object, state),
      this.newestId(object, settled),
    ]);
    for (const step of planRestore(state, kept, id, latest(id, newest))) {
      if (step.do === 'begin') await this.interrupted.begin(object, step.unfinished);
      if (step.do === 'keep') await this.keep(object, state, step);
      if (step.do === 'point') await this.point(object, step, version);
      if (step.do === 'end') await this.interrupted.end(object);
    }
    return version;
  }

  /**
   * Removes a version for good.
   *
   * @param operation lets through the removal of the link, where the object links to the version
   */
  async remove(
    object: ObjectRef,
    id: string,
    operation: Pick<VersionOperation, 'forward'>,
  ): Promise<Removal> {
    const { state } = await this.settle(object);
    let current = state.is === 'link' ? state.id : undefined;
    let removed = false;
    for (const step of planRemoval(state, id)) {
      if (step.do === 'begin') await this.interrupted.begin(object, step.unfinished);
      if (step.do === 'end') await this.interrupted.end(object);
      if (step.do === 'forward') {
        const { outcome } = await operation.forward();
        if (outcome === 'failed') await this.interrupted.end(object);
        if (outcome !== 'done') return { result: 'refused' };
        current = undefined;
      } else if (step.do === 'drop') removed = await this.store.remove(this.at(object, step.id));
    }
    return { result: removed ? 'removed' : 'missing', current };
  }

  /** Where a version is. */
  at(object: ObjectRef, id: string): ObjectRef {
    return { ...object, container: this.versions, object: versionName(object.object, id) };
  }

  protected stateOf(object: ObjectRef, info: ObjectInfo | undefined): State {
    return stateOf(object, this.versions, info);
  }

  /** Asked for only where it is needed: where what is there is to be kept as a null version. */
  private async nullsBeside(object: ObjectRef, state: State): Promise<readonly KeptVersion[]> {
    return state.is === 'null' ? this.nulls.kept(object) : [];
  }

  protected async refused(
    verdict: 'pass' | 'stop',
    operation: VersionOperation,
  ): Promise<VersionResult> {
    if (verdict === 'stop') return { result: 'stopped' };
    await operation.forward();
    return { result: 'forwarded' };
  }

  /** An id that sorts after all that are there: by the link where there is one, and else by what is listed. */
  protected async newId(object: ObjectRef, settled: SettledObject): Promise<string> {
    return timestampAfter(this.store.now(), await this.newestId(object, settled));
  }

  private async newestId(object: ObjectRef, settled: SettledObject): Promise<string | undefined> {
    const { state, newest, isNewestKnown } = settled;
    if (state.is === 'link') return state.newest;
    // a client that may not list is refused here
    const listed = isNewestKnown ? newest : await this.listedFirst(object);
    return state.is === 'null' ? latest(state.timestamp, listed) : listed;
  }

  private async listedFirst({ account, object }: ObjectRef): Promise<string | undefined> {
    const name = await this.store.firstName(account, this.versions, versionPrefix(object));
    return name === undefined ? undefined : parseVersionName(name)?.id;
  }

  protected async carryOut(
    object: ObjectRef,
    state: State,
    steps: readonly VersionStep[],
    operation: VersionOperation,
  ): Promise<VersionResult> {
    const added: ObjectRef[] = [];
    let sent: SentWrite | undefined;
    let id: string | undefined;
    let begun: Unfinished | undefined;
    let isClean = true;
    const undo = async () => {
      if ((await this.undo(added)) && begun) await this.endQuietly(object);
    };
    try {
      for (const step of steps) {
        switch (step.do) {
          case 'begin':
            await this.interrupted.begin(object, step.unfinished);
            begun = step.unfinished;
            break;
          case 'end':
            // the note says what could not be dropped, until it is
            if (isClean) await this.interrupted.end(object);
            break;
          case 'keep':
            // false: it has expired meanwhile, or its client's own store removed it
            if (await this.keep(object, state, step)) added.push(this.at(object, step.id));
            break;
          case 'mark':
            id = await this.mark(object, step, begun);
            added.push(this.at(object, id));
            break;
          case 'write':
          case 'forward':
            sent =
              step.do === 'write'
                ? await operation.forward(this.at(object, step.id))
                : await operation.forward(undefined, step.by);
            if (sent.outcome === 'failed') await undo();
            if (sent.outcome !== 'done') return { result: 'forwarded', id };
            if (step.do === 'forward') break;
            id = step.id;
            added.push(this.at(object, id));
            if (sent.mayExpire) await this.store.keepForever(this.at(object, id));
            break;
          case 'point':
            await this.point(object, step, sent);
            break;
          case 'drop':
            isClean = (await this.dropQuietly([this.at(object, step.id)])) && isClean;
        }
      }
    } catch (error) {
      if (error instanceof StoreError && error.code !== 'unavailable') await undo();
      throw error;
    }
    return { result: 'forwarded', id };
  }

  /** Copies what has no id to a version, which tells that it is a null version. */
  private async keep(
    object: ObjectRef,
    state: State,
    { id, nulls }: StepOf<'keep'>,
  ): Promise<boolean> {
    const known = state.is === 'null' && !state.isLarge ? state.contentType : undefined;
    const [type] = await Promise.all([
      known ?? this.store.contentType(object),
      this.nulls.note(object, id, nulls),
    ]);
    return (
      type !== undefined && this.store.copy(object, this.at(object, id), {}, withNull(type, id))
    );
  }

  /** Writes a marker under the first id from one on that is free. */
  private async mark(
    object: ObjectRef,
    { id: from, nulls }: StepOf<'mark'>,
    begun: Unfinished | undefined,
  ): Promise<string> {
    for (let id = from; ; id = nextTimestamp(id)) {
      if (begun && id !== from) {
        const adds = begun.adds.map((each) => (each === from ? id : each));
        await this.interrupted.begin(object, { ...begun, adds });
      }
      if (nulls) await this.nulls.note(object, id, nulls);
      const type = nulls && nullMarkerType(id);
      if (await this.store.putVersionMarker(this.at(object, id), type)) return id;
    }
  }

  /** Makes the object a link to a version. Of one that is a symlink itself the link tells nothing, so that it holds whatever becomes of the target. */
  protected async point(
    object: ObjectRef,
    { id, newest }: StepOf<'point'>,
    known: Known = {},
  ): Promise<void> {
    const to = this.at(object, id);
    const { expiry } = known;
    const version = known.etag === undefined ? await this.store.stat(to) : known;
    if (version === undefined)
      throw new StoreError('unavailable', 'a version just seen is not there');
    const { link, etag } = version;
    if (link === undefined && newest === undefined) {
      await this.store.putLink(object, to, { etag, expiry });
      return;
    }
    const own = link === undefined ? etag : undefined;
    const contentType =
      (version.isLarge ? await this.store.contentType(to) : version.contentType) ?? '';
    await this.store.putLink(object, to, {
      etag: own,
      contentType: withNewest(contentType, newest),
      expiry,
    });
  }

  /** Removes what was written for a request that certainly failed. What cannot be removed the next operation removes. */
  private undo(added: readonly ObjectRef[]): Promise<boolean> {
    return this.dropQuietly([...added].reverse());
  }

  private dropQuietly(versions: readonly ObjectRef[]): Promise<boolean> {
    return this.quietly(
      'a version that was to go stays until the object is next written or deleted',
      async () => {
        for (const each of versions) await this.store.remove(each);
      },
    );
  }

  private endQuietly(object: ObjectRef): Promise<boolean> {
    return this.quietly('a note of what is unfinished stays', () => this.interrupted.end(object));
  }

  /** Whether it could be done. */
  private async quietly(otherwise: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.log.warn({ err: error.message }, otherwise);
      return false;
    }
  }
}

type StepOf<D extends VersionStep['do']> = Extract<VersionStep, { do: D }>;

/** What is known of a version that is to be linked to; without its ETag, it is looked at. */
type Known = {
  readonly [K in 'etag' | 'link' | 'contentType' | 'isLarge']?: ObjectInfo[K] | undefined;
} & Pick<SentWrite, 'expiry'>;

/** The note of the newest version that a POST of a content type would take away from an object's link; undefined where there is none. */
export function noteToKeep(info: ObjectInfo | undefined): string | undefined {
  return info?.link && newestIn(info.contentType);
}
