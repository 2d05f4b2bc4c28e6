import { ModelBucket, NULL, type Change } from '../s3/model';
import { allEntries, objectsIn, type ListedEntry } from '../s3/model_listing';
import type { Step, Which } from '../s3/steps';
import type { FourSpeakers } from './four';
import { markOf, TYPE, versionsOf, type Seen, type Speaker, type Told } from './speaker';
import { isEtagInSwift } from './swift_speaker';

export type Api = keyof FourSpeakers;

const UNKNOWN = '1000000000.00000';

/**
 * One bucket and the model of it. Each step is taken through one API; what all four tell of the bucket must be what the model says.
 *
 * Swift's API can bring about what the others know nothing of: an object that is not there though its newest version is no delete marker, and an older
 * null version beside a newer one. Of such an object it is only asked that the others agree.
 */
export class OneBucket {
  #model = new ModelBucket();
  readonly #odd = new Set<string>();
  /** All ids that were ever seen. */
  readonly #ids = new Set<string>();
  /** The ids by which Swift's API knows null versions, by their keys. */
  readonly #own = new Map<string, string>();

  constructor(private readonly speakers: FourSpeakers) {}

  /** Takes a step through an API, and compares what all tell of what it was about. */
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
    } else if (this.#odd.has(change.key)) await told(speaker, change);
    else if (api === 'swift') await this.#takeSwift(change);
    else await this.#takeOther(speaker, change);
    await this.#compareListings(limit);
    if (change.kind !== 'versioning') await this.#compareContents(change.key);
  }

  /** Compares all that can be seen. */
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
    const { failed, id } = await told(speaker, change);
    expect({ change, failed: failed !== undefined }).toEqual({
      change,
      failed: expected.status >= 300,
    });
    if (failed === undefined) await this.#apply(change, id);
  }

  /** Deletes are other things in Swift's API: none restores, and while versions are switched off they make no marker. */
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
      const { failed, id } = await told(swift, inSwift);
      expect({ change, failed: failed !== undefined }).toEqual({
        change,
        failed: this.#model.answer(change).status >= 300,
      });
      if (failed === undefined && !this.#odd.has(key)) await this.#apply(change, id);
      return;
    }
    const inSwift = this.#swiftId(key, change.id);
    const { id } = await told(swift, { ...change, id: inSwift });
    if (change.id === undefined && versioning !== 'Suspended') {
      const isNothing = versioning === 'never' && before.length === 0;
      if (!isNothing) await this.#apply(change, id);
      return;
    }
    // by `null` a DELETE goes to the object itself, whatever that is
    const isItself = inSwift === undefined || inSwift === NULL;
    const current = before[0]?.content ? before[0].id : undefined;
    this.#removeBySwift(key, isItself ? current : change.id, !isItself);
  }

  /** A removal after which nothing takes the place of what was current. */
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
    toldId: string | undefined,
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
      if (toldId !== undefined) expect({ change, toldId }).toEqual({ change, toldId: id });
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
        // S3 refuses a copy of an object to itself that changes nothing, unless that is of a version
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

  /** What Swift's API calls a version. */
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
    const wanted = objectsIn(this.#model).keys.filter((key) => !this.#odd.has(key));
    for (const each of keys) {
      expect(each.filter((key) => !this.#odd.has(key))).toEqual(wanted);
      expect(each).toEqual(keys[0]);
    }
    const settings = await Promise.all([swift, ...all].map((each) => each.versioning()));
    expect(settings).toEqual(settings.map(() => this.#model.versioning));
  }

  /** In Swift's API a null version that is kept has an id, and an upload in parts an ETag of its own. */
  #compareSwift(told: readonly ListedEntry[], expected: readonly ListedEntry[]): void {
    this.#own.clear();
    told.forEach(({ key, id }, i) => {
      if (expected[i]?.id === NULL && id !== NULL) this.#own.set(key, id);
    });
    const inSwift = expected.map(({ etag, ...entry }) => ({
      ...entry,
      id: entry.id === NULL ? (this.#own.get(entry.key) ?? NULL) : entry.id,
      ...(etag === undefined || etag.includes('-') ? {} : { etag }),
    }));
    const shown = told.map(({ etag, ...entry }, i) => ({
      ...entry,
      ...(etag === undefined || expected[i]?.etag?.includes('-') ? {} : { etag }),
    }));
    expect({ api: 'Swift', entries: shown }).toEqual({ api: 'Swift', entries: inSwift });
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
    const found = this.#model.find(key, id);
    if (!found || (!found.content && id === undefined)) return { is: 'nothing' };
    if (!found.content) return { is: 'marker' };
    const { body, etag } = found.content;
    return { is: 'content', body, etag, type: TYPE, mark: markOf(body) };
  }
}

/** Does a change through an API. */
function told(speaker: Speaker, change: Exclude<Change, { kind: 'versioning' }>): Promise<Told> {
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

/** What Swift's API tells, with the ETag that others show where it is one of the same body. */
function comparable(inSwift: Seen, other: Seen | undefined): Seen {
  if (inSwift.is !== 'content' || other?.is !== 'content') return inSwift;
  return isEtagInSwift(inSwift.etag, inSwift.body, other.etag)
    ? { ...inSwift, etag: other.etag }
    : inSwift;
}
