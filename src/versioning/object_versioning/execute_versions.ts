import type { ByteString } from '../../http/bytes';
import type { Log } from '../../util/log';
import { StoreError } from '../../util/store_error';
import type { ObjectInfo, ObjectRef, Store } from '../store/store';
import { isNameTooLong } from '../store/responses';
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
import { nullMarkerType, withNullNote } from './null_versions/null_note';
import { parseVersionName, versionName, versionPrefix } from './version_names';
import type { Removal, SentWrite, VersionOperation, VersionResult } from './version_operation';

/**
 * Executes the plans of `plan_versions` on one object, whose lock the caller holds. A
 * version is written once, to a container beside the object's own; the object is a link
 * to one of them. A version exists before anything links to it, and a link is removed
 * before its target. What a crash between two steps leaves behind is in no listing, and
 * the next operation removes it (`InterruptedWrites`).
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

  /**
   * Completes or takes back what was interrupted on an object, before a change that this
   * class does not see.
   */
  async settle(object: ObjectRef): Promise<SettledObject> {
    return this.interrupted.settle(object, await this.interrupted.inspect(object));
  }

  /**
   * Writes an object while versioning is enabled.
   *
   * @param canMove whether the client's request can be redirected to another object
   * @throws StoreError if it failed; the object is unchanged, or its state is unknown
   * (`unavailable`)
   */
  async write(
    object: ObjectRef,
    operation: VersionOperation,
    canMove: boolean,
  ): Promise<VersionResult> {
    const snapshot = await this.interrupted.inspect(object);
    const verdict = await operation.guard(snapshot.info);
    if (verdict !== 'go') return this.handleRefusal(verdict, operation);
    const settled = await this.interrupted.settle(object, snapshot);
    const { state } = settled;
    const nulls = this.nullsBeside(object, state);
    if (!canMove) return this.execute(object, state, planOverwrite(state, await nulls), operation);
    const [nullVersions, id] = await Promise.all([nulls, this.newId(object, settled)]);
    return this.execute(object, state, planWrite(state, nullVersions, id), operation);
  }

  /** Deletes an object while versioning is enabled. Throws as `write` does. */
  async delete(object: ObjectRef, operation: VersionOperation): Promise<VersionResult> {
    const snapshot = await this.interrupted.inspect(object);
    const verdict = await operation.guard(snapshot.info);
    if (verdict !== 'go') return this.handleRefusal(verdict, operation);
    const settled = await this.interrupted.settle(object, snapshot);
    const { state } = settled;
    const [nullVersions, id] = await Promise.all([
      this.nullsBeside(object, state),
      this.newId(object, settled),
    ]);
    return this.execute(object, state, planDelete(state, nullVersions, id), operation);
  }

  /**
   * Makes a version the current one. An object without an id is kept as a null version
   * first.
   *
   * @returns the version; undefined if there is none with that id, or it is a delete
   * marker
   */
  async restore(object: ObjectRef, id: string): Promise<ObjectInfo | undefined> {
    const settled = await this.settle(object);
    const version = await this.store.stat(this.at(object, id));
    if (version === undefined || version.isMarker) return undefined;
    const { state } = settled;
    const [nullVersions, newest] = await Promise.all([
      this.nullsBeside(object, state),
      this.newestId(object, settled),
    ]);
    for (const step of planRestore(state, nullVersions, id, latest(id, newest))) {
      if (step.do === 'begin') await this.interrupted.begin(object, step.unfinished);
      if (step.do === 'keep') await this.keep(object, state, step);
      if (step.do === 'point') await this.point(object, step, version);
      if (step.do === 'end') await this.interrupted.end(object);
    }
    return version;
  }

  /**
   * Removes a version permanently.
   *
   * @param operation forwards the removal of the link, if the object links to the version
   */
  async remove(
    object: ObjectRef,
    id: string,
    operation: Pick<VersionOperation, 'forward'>,
  ): Promise<Removal> {
    const { state } = await this.settle(object);
    let current = state.is === 'link' ? state.id : undefined;
    let wasRemoved = false;
    for (const step of planRemoval(state, id)) {
      if (step.do === 'begin') await this.interrupted.begin(object, step.unfinished);
      if (step.do === 'end') await this.interrupted.end(object);
      if (step.do === 'forward') {
        const { outcome } = await operation.forward();
        if (outcome === 'failed') await this.interrupted.end(object);
        if (outcome !== 'done') return { result: 'refused' };
        current = undefined;
      } else if (step.do === 'drop') wasRemoved = await this.store.remove(this.at(object, step.id));
    }
    return { result: wasRemoved ? 'removed' : 'missing', current };
  }

  /** The location of a version. */
  at(object: ObjectRef, id: string): ObjectRef {
    return { ...object, container: this.versions, object: versionName(object.object, id) };
  }

  protected stateOf(object: ObjectRef, info: ObjectInfo | undefined): State {
    return stateOf(object, this.versions, info);
  }

  /**
   * Reads the kept null versions only if they are needed: if the object is to become
   * another one.
   */
  private async nullsBeside(object: ObjectRef, state: State): Promise<readonly KeptVersion[]> {
    return state.is === 'null' ? this.nulls.list(object) : [];
  }

  protected async handleRefusal(
    verdict: 'pass' | 'stop',
    operation: VersionOperation,
  ): Promise<VersionResult> {
    if (verdict === 'stop') return { result: 'stopped' };
    await operation.forward();
    return { result: 'forwarded' };
  }

  /**
   * Returns an id that sorts after all existing ones: by the link if there is one,
   * otherwise by the listing.
   */
  protected async newId(object: ObjectRef, settled: SettledObject): Promise<string> {
    return timestampAfter(this.store.now(), await this.newestId(object, settled));
  }

  private async newestId(object: ObjectRef, settled: SettledObject): Promise<string | undefined> {
    const { state, newest, isNewestKnown } = settled;
    if (state.is === 'link') return state.newest;
    // a client that may not list is refused here
    const listedId = isNewestKnown ? newest : await this.findNewestListed(object);
    return state.is === 'null' ? latest(state.timestamp, listedId) : listedId;
  }

  private async findNewestListed({ account, object }: ObjectRef): Promise<string | undefined> {
    const name = await this.store.firstName(account, this.versions, versionPrefix(object));
    return name === undefined ? undefined : parseVersionName(name)?.id;
  }

  protected async execute(
    object: ObjectRef,
    state: State,
    steps: readonly VersionStep[],
    operation: VersionOperation,
  ): Promise<VersionResult> {
    const added: ObjectRef[] = [];
    let sent: SentWrite | undefined;
    let id: string | undefined;
    let unfinished: Unfinished | undefined;
    let isClean = true;
    const undo = async () => {
      if ((await this.undo(added)) && unfinished) await this.endQuietly(object);
    };
    try {
      for (const step of steps) {
        switch (step.do) {
          case 'begin':
            await this.interrupted.begin(object, step.unfinished);
            unfinished = step.unfinished;
            break;
          case 'end':
            // the note stays until everything that it lists is dropped
            if (isClean) await this.interrupted.end(object);
            break;
          case 'keep':
            // false: the object has expired, or was removed directly in the store
            if (await this.keep(object, state, step)) added.push(this.at(object, step.id));
            break;
          case 'mark':
            id = await this.mark(object, step, unfinished);
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
      // the list was written, whose name is shorter than those of the versions in it
      if (isNameTooLong(error) && steps.some((step) => 'nulls' in step && !step.nulls?.length))
        await this.quietly('could not remove an empty list of null versions', () =>
          this.nulls.remove(object),
        );
      throw error;
    }
    return { result: 'forwarded', id };
  }

  /** Copies an object without an id to a version that is marked as a null version. */
  private async keep(
    object: ObjectRef,
    state: State,
    { id, nulls }: StepOf<'keep'>,
  ): Promise<boolean> {
    const knownType = state.is === 'null' && !state.isLarge ? state.contentType : undefined;
    const [type] = await Promise.all([
      knownType ?? this.store.contentType(object),
      this.nulls.add(object, id, nulls),
    ]);
    return (
      type !== undefined && this.store.copy(object, this.at(object, id), {}, withNullNote(type, id))
    );
  }

  /** Writes a marker under the first free id, starting with `from`. */
  private async mark(
    object: ObjectRef,
    { id: from, nulls }: StepOf<'mark'>,
    unfinished: Unfinished | undefined,
  ): Promise<string> {
    for (let id = from; ; id = nextTimestamp(id)) {
      if (unfinished && id !== from) {
        const adds = unfinished.adds.map((each) => (each === from ? id : each));
        await this.interrupted.begin(object, { ...unfinished, adds });
      }
      if (nulls) await this.nulls.add(object, id, nulls);
      const type = nulls && nullMarkerType(id);
      if (await this.store.putVersionMarker(this.at(object, id), type)) return id;
    }
  }

  /**
   * Makes the object a link to a version. If the version is itself a symlink, the link
   * records no ETag, so that it stays valid whatever becomes of the target.
   */
  protected async point(
    object: ObjectRef,
    { id, newest }: StepOf<'point'>,
    info: LinkedVersion = {},
  ): Promise<void> {
    const to = this.at(object, id);
    const { expiry } = info;
    const version = info.etag === undefined ? await this.store.stat(to) : info;
    if (version === undefined)
      throw new StoreError('unavailable', 'a version that existed a moment ago is gone');
    const { link, etag } = version;
    if (link === undefined && newest === undefined) {
      await this.store.putLink(object, to, { etag, expiry });
      return;
    }
    const ownEtag = link === undefined ? etag : undefined;
    const contentType =
      (version.isLarge ? await this.store.contentType(to) : version.contentType) ?? '';
    await this.store.putLink(object, to, {
      etag: ownEtag,
      contentType: withNewest(contentType, newest),
      expiry,
    });
  }

  /**
   * Removes what was written for a request that certainly failed. What cannot be removed
   * is left to the next operation.
   */
  private undo(added: readonly ObjectRef[]): Promise<boolean> {
    return this.dropQuietly([...added].reverse());
  }

  private dropQuietly(versions: readonly ObjectRef[]): Promise<boolean> {
    return this.quietly(
      'could not remove an obsolete version; it stays until the object is next written or deleted',
      async () => {
        for (const each of versions) await this.store.remove(each);
      },
    );
  }

  private endQuietly(object: ObjectRef): Promise<boolean> {
    return this.quietly(
      'could not remove the note of an unfinished operation; the next write or delete will',
      () => this.interrupted.end(object),
    );
  }

  /** @returns whether `work` succeeded; if the store failed, `warning` is logged */
  private async quietly(warning: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.log.warn({ err: error.message }, warning);
      return false;
    }
  }
}

type StepOf<D extends VersionStep['do']> = Extract<VersionStep, { do: D }>;

/**
 * What is known of a version about to be linked to; it is read from the store if the ETag
 * is missing.
 */
type LinkedVersion = {
  readonly [K in 'etag' | 'link' | 'contentType' | 'isLarge']?: ObjectInfo[K] | undefined;
} & Pick<SentWrite, 'expiry'>;

/**
 * Returns the note of the newest version on an object's link, which a POST of a content
 * type would remove; undefined if there is none.
 */
export function newestNoteOf(info: ObjectInfo | undefined): string | undefined {
  return info?.link && newestIn(info.contentType);
}
