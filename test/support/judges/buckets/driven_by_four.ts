import { ModelBucket, NULL, type Change } from './model';
import { allEntries, objectsIn, type ListedEntry } from './model_listing';
import type { Step, Which } from './steps';
import type { FourSpeakers } from '../../clients/dialects/four';
import {
  markOf,
  TYPE,
  versionsOf,
  type Seen,
  type Speaker,
  type Told,
} from '../../clients/dialects/speaker';
import { isEtagInSwift } from '../../clients/dialects/swift_speaker';

export type Api = keyof FourSpeakers;

const UNKNOWN = '1000000000.00000';

/**
 * One bucket and its model. Each step goes through one API; all four must then show the
 * bucket as the model has it.
 *
 * Swift's API can cause states that the others do not know: an object that is gone
 * although its newest version is no delete marker, and an older null version beside a
 * newer one. For such an object only the agreement of the others is checked.
 */
export class OneBucket {
  #model = new ModelBucket();
  readonly #odd = new Set<string>();
  /** All ids seen so far. */
  readonly #ids = new Set<string>();
  /** The ids of null versions in Swift's API, by their keys. */
  readonly #own = new Map<string, string>();

  constructor(private readonly speakers: FourSpeakers) {}

  /** Takes a step through an API, and compares what all APIs show of the object. */
  async take(api: Api, step: Step, limit: number): Promise<void> {
    if (step.kind === 'read' || step.kind === 'list') return this.#compareListings(limit);
    const speaker = this.speakers[api];
    const change = this.#changeOf(speaker, step);
    if (change === undefined) return;
    if (change.kind === 'versioning') {
      if (api === 'swift' && change.status === 'Suspended' && this.#model.versioning === 'never')
        return;
      await speaker.setVersioning(change.status);
      this.#model = this.#model.after(change);
    } else if (this.#odd.has(change.key)) await makeChange(speaker, change);
    else if (api === 'swift') await this.#takeSwift(change);
    else await this.#takeOther(speaker, change);
    await this.#compareListings(limit);
    if (change.kind !== 'versioning') await this.#compareContents(change.key);
  }

  /** Compares everything visible. */
  async compare(): Promise<void> {
    await this.#compareListings(1000);
    for (const key of new Set([...this.#model.objects.keys(), ...this.#odd]))
      await this.#compareContents(key);
  }

  async #takeOther(
    speaker: Speaker,
    change: Exclude<Change, { kind: 'versioning' }>,
  ): Promise<void> {
    const expected = this.#model.answer(change);
    const { failed, id } = await makeChange(speaker, change);
    expect({ change, failed: failed !== undefined }).toEqual({
      change,
      failed: expected.status >= 300,
    });
    if (failed === undefined) await this.#apply(change, id);
  }

  /**
   * Deletes differ in Swift's API: none restores a version, and while versions are
   * switched off they make no marker.
   */
  async #takeSwift(change: Exclude<Change, { kind: 'versioning' }>): Promise<void> {
    const { versioning } = this.#model;
    const { swift } = this.speakers;
    const { key } = change;
    const before = this.#model.objects.get(key) ?? [];
    // ids mean nothing to it before versions are switched on
    if (versioning === 'never' && 'id' in change && change.id !== undefined) return;
    if (change.kind !== 'delete') {
      const hasKeptNull = before.some(({ id, content }, i) => id === NULL && (i > 0 || !content));
      if (versioning === 'Suspended' && hasKeptNull) this.#setOdd(key);
      const inSwift =
        change.kind === 'copy' ? { ...change, id: this.#swiftId(change.from, change.id) } : change;
      const { failed, id } = await makeChange(swift, inSwift);
      expect({ change, failed: failed !== undefined }).toEqual({
        change,
        failed: this.#model.answer(change).status >= 300,
      });
      if (failed === undefined && !this.#odd.has(key)) await this.#apply(change, id);
      return;
    }
    const inSwift = this.#swiftId(key, change.id);
    const { id } = await makeChange(swift, { ...change, id: inSwift });
    if (change.id === undefined && versioning !== 'Suspended') {
      const isNothing = versioning === 'never' && before.length === 0;
      if (!isNothing) await this.#apply(change, id);
      return;
    }
    // a DELETE of `null` goes to the object itself, whatever that is
    const isItself = inSwift === undefined || inSwift === NULL;
    const current = before[0]?.content ? before[0].id : undefined;
    this.#removeBySwift(key, isItself ? current : change.id, !isItself);
  }

  /** Removes a version without making another current. */
  #removeBySwift(key: string, id: string | undefined, isForGood: boolean): void {
    if (id === undefined) return;
    const [current, ...older] = this.#model.objects.get(key) ?? [];
    const isCurrent = current?.id === id;
    if (isForGood || id === NULL) this.#model = this.#model.after({ kind: 'delete', key, id: id });
    const next = isForGood || id === NULL ? older[0] : current;
    if (isCurrent && next?.content) this.#setOdd(key);
  }

  #setOdd(key: string): void {
    this.#odd.add(key);
  }

  async #apply(
    change: Change & { readonly key: string },
    reportedId: string | undefined,
  ): Promise<void> {
    const isNew =
      this.#model.versioning === 'Enabled' &&
      !(change.kind === 'delete' && change.id !== undefined);
    if (isNew) {
      const listed = await versionsOf(this.speakers.s3, 1000);
      const unseen = listed.filter(
        ({ key, id }) => key === change.key && id !== NULL && !this.#ids.has(id),
      );
      expect({ change, unseen: unseen.length }).toEqual({ change, unseen: 1 });
      const id = unseen[0]?.id ?? '';
      if (reportedId !== undefined)
        expect({ change, reportedId }).toEqual({ change, reportedId: id });
      this.#ids.add(id);
      this.#model = this.#model.after(change, id);
    } else this.#model = this.#model.after(change);
  }

  #changeOf(
    { multipart }: Speaker,
    step: Exclude<Step, { kind: 'read' | 'list' }>,
  ): Change | undefined {
    switch (step.kind) {
      case 'delete version':
        return { kind: 'delete', key: step.key, id: this.#idOf(step.key, step.which) };
      case 'copy': {
        // S3 refuses a copy of an object to itself that changes nothing, unless it is of
        // a version
        if (step.key === step.from || this.#odd.has(step.from)) return undefined;
        return {
          kind: 'copy',
          key: step.key,
          from: step.from,
          id: this.#idOf(step.from, step.which),
        };
      }
      case 'multipart':
        return multipart ? step : { ...step, kind: 'put' };
      default:
        return step;
    }
  }

  #idOf(key: string, which: Which | undefined): string | undefined {
    if (which === undefined) return undefined;
    if (which === 'null') return NULL;
    const versions = this.#model.objects.get(key) ?? [];
    if (which === 'unknown' || versions.length === 0) return UNKNOWN;
    return versions[which % versions.length]?.id;
  }

  /** The id of a version in Swift's API. */
  #swiftId(key: string, id: string | undefined): string | undefined {
    return id === NULL ? (this.#own.get(key) ?? NULL) : id;
  }

  async #compareListings(limit: number): Promise<void> {
    const { swift, s3, cos, qs } = this.speakers;
    const all = [s3, cos, qs];
    const [ofSwift, ...others] = await Promise.all(
      [swift, ...all].map((each) => versionsOf(each, limit)),
    );
    const regular = (entries: readonly ListedEntry[]) =>
      entries.filter(({ key }) => !this.#odd.has(key));
    const expected = regular(allEntries(this.#model));
    others.forEach((entries, i) => {
      const api = all[i]?.name;
      expect({ api, entries: regular(entries) }).toEqual({ api, entries: expected });
      expect({ api, entries }).toEqual({ api, entries: others[0] });
    });
    this.#compareSwift(regular(ofSwift ?? []), expected);
    const keys = await Promise.all([swift, ...all].map((each) => each.keys()));
    const expectedKeys = objectsIn(this.#model).keys.filter((key) => !this.#odd.has(key));
    for (const each of keys) {
      expect(each.filter((key) => !this.#odd.has(key))).toEqual(expectedKeys);
      expect(each).toEqual(keys[0]);
    }
    const settings = await Promise.all([swift, ...all].map((each) => each.versioning()));
    expect(settings).toEqual(settings.map(() => this.#model.versioning));
  }

  /**
   * In Swift's API an older null version has an id, and an upload in parts a different
   * ETag.
   */
  #compareSwift(entries: readonly ListedEntry[], expected: readonly ListedEntry[]): void {
    this.#own.clear();
    entries.forEach(({ key, id }, i) => {
      if (expected[i]?.id === NULL && id !== NULL) this.#own.set(key, id);
    });
    const inSwift = expected.map(({ etag, ...entry }) => ({
      ...entry,
      id: entry.id === NULL ? (this.#own.get(entry.key) ?? NULL) : entry.id,
      ...(etag === undefined || etag.includes('-') ? {} : { etag }),
    }));
    const actual = entries.map(({ etag, ...entry }, i) => ({
      ...entry,
      ...(etag === undefined || expected[i]?.etag?.includes('-') ? {} : { etag }),
    }));
    expect({ api: 'Swift', entries: actual }).toEqual({ api: 'Swift', entries: inSwift });
  }

  async #compareContents(key: string): Promise<void> {
    const { swift, s3, cos, qs } = this.speakers;
    const versions = this.#odd.has(key)
      ? (await versionsOf(s3, 1000)).filter((each) => each.key === key)
      : allEntries(this.#model).filter((each) => each.key === key);
    for (const id of [undefined, ...versions.map((each) => each.id)]) {
      const seen = await Promise.all([s3, cos, qs].map((each) => each.read(key, id)));
      if (!this.#odd.has(key))
        expect({ key, id, seen: seen[0] }).toEqual({ key, id, seen: this.#expected(key, id) });
      expect({ key, id, seen }).toEqual({ key, id, seen: seen.map(() => seen[0]) });
      if (
        (this.#odd.has(key) && id === NULL) ||
        (id !== undefined && this.#model.versioning === 'never')
      )
        continue;
      const inSwift = await swift.read(key, this.#swiftId(key, id));
      expect({ key, id, api: 'Swift', ...comparable(inSwift, seen[0]) }).toEqual({
        key,
        id,
        api: 'Swift',
        ...seen[0],
      });
    }
  }

  #expected(key: string, id: string | undefined): Seen {
    const version = this.#model.find(key, id);
    if (!version || (!version.content && id === undefined)) return { is: 'nothing' };
    if (!version.content) return { is: 'marker' };
    const { body, etag } = version.content;
    return { is: 'content', body, etag, type: TYPE, mark: markOf(body) };
  }
}

/** Makes a change through an API. */
function makeChange(
  speaker: Speaker,
  change: Exclude<Change, { kind: 'versioning' }>,
): Promise<Told> {
  switch (change.kind) {
    case 'put':
      return speaker.put(change.key, change.body);
    case 'multipart':
      return speaker.multipart?.(change.key, change.body) ?? speaker.put(change.key, change.body);
    case 'copy':
      return speaker.copy(change.key, change.from, change.id);
    case 'delete':
      return speaker.remove(change.key, change.id);
  }
}

/**
 * Replaces the ETag in Swift's API by that of the others, if both belong to the same
 * body.
 */
function comparable(inSwift: Seen, other: Seen | undefined): Seen {
  if (inSwift.is !== 'content' || other?.is !== 'content') return inSwift;
  return isEtagInSwift(inSwift.etag, inSwift.body, other.etag)
    ? { ...inSwift, etag: other.etag }
    : inSwift;
}
