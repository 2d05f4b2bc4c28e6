import { formatTimestamp } from '../../../src/versioning/archive/names';
import { Headers } from '../../../src/http/headers';
import { withoutType } from '../../../src/versioning/store/responses';
import { VERSION_MARKER_TYPE } from '../../../src/swift_api/markers';
import { StoreError } from '../../../src/util/store_error';
import type { RecoveryNotes } from '../../../src/versioning/store/recovery_notes';
import type { Snapshot } from '../../../src/versioning/store/snapshot';
import type {
  LinkProperties,
  ListingEntry,
  ObjectInfo,
  ObjectRef,
  Store,
  TypedEntry,
} from '../../../src/versioning/store/store';

interface Entry {
  readonly body: string | undefined;
  readonly notes: RecoveryNotes;
  readonly isUnfinished?: boolean;
  /** The target, if it is a symlink. */
  readonly link?: ObjectRef;
  readonly headers: Headers;
  readonly timestamp: string;
}

/**
 * A store in memory, for properties of the core alone. Its clock ticks with every write.
 * A body of undefined is a delete marker.
 */
export class MapStore implements Store {
  /** Names that are listed but no longer there, as on a store whose listings lag. */
  readonly vanishing = new Set<string>();
  /**
   * Whether the newest entry of an object is not listed yet, as on a store whose listings
   * lag.
   */
  isLagging = false;
  /** The precision of its timestamps in milliseconds. */
  resolution = 1;
  /** Milliseconds by which its clock ticks. */
  tick = 1;
  /** Whether objects are fetched to be archived. */
  isFetching = false;
  private readonly fetched = new WeakMap<Snapshot, Entry>();
  /** Containers that do not exist; all others do. */
  readonly absent = new Set<string>();
  /** Containers that may be read but not written to. */
  readonly readOnly = new Set<string>();
  /** Called before each change; an error that it throws prevents the change. */
  beforeChange: () => void = () => undefined;
  private readonly objects = new Map<string, Entry>();
  private clock = 1_000_000_000_000;

  /** Milliseconds; different at each call. */
  time(): number {
    return (this.clock += this.tick);
  }

  private timestamp(): string {
    return formatTimestamp(Math.floor(this.time() / this.resolution) * this.resolution);
  }

  put(
    at: ObjectRef,
    body: string | undefined,
    headers = Headers.none,
    notes: RecoveryNotes = {},
  ): void {
    if (this.absent.has(at.container))
      throw new StoreError('refused', 'there is no such container', 404);
    this.checkWritable(at);
    this.beforeChange();
    this.objects.set(key(at), { body, headers, notes, timestamp: this.timestamp() });
  }

  private checkWritable({ container }: ObjectRef): void {
    if (this.readOnly.has(container)) throw new StoreError('refused', 'not allowed', 403);
  }

  delete(at: ObjectRef): boolean {
    this.checkWritable(at);
    if (this.objects.has(key(at))) this.beforeChange();
    return this.objects.delete(key(at));
  }

  body(at: ObjectRef): string | undefined {
    return this.objects.get(key(at))?.body;
  }

  headers(at: ObjectRef): Headers | undefined {
    return this.objects.get(key(at))?.headers;
  }

  /**
   * The bodies in a container, in the order of their names; null for a marker, since Jest
   * considers lists equal that differ by an `undefined` at their end. Half-made markers
   * are left out.
   */
  bodies(container: string): (string | null)[] {
    return this.namesIn('a', container)
      .map((name) => this.objects.get(key({ account: 'a', container, object: name })))
      .filter((entry) => entry?.isUnfinished !== true)
      .map((entry) => entry?.body ?? null);
  }

  /** Whether a container has a half-made marker. */
  hasUnfinished(container: string): boolean {
    const start = key({ account: 'a', container, object: '' });
    return [...this.objects].some(
      ([each, { isUnfinished }]) => each.startsWith(start) && isUnfinished === true,
    );
  }

  dump(): [string, Entry][] {
    return [...this.objects.entries()].sort();
  }

  stat(object: ObjectRef): Promise<ObjectInfo | undefined> {
    const entry = this.objects.get(key(object));
    if (!entry) return Promise.resolve(undefined);
    const { timestamp, notes, body, link } = entry;
    const deleteAt = entry.headers.get('x-delete-at');
    const contentType = entry.headers.get('content-type') ?? 'text/plain';
    const base = { timestamp, notes, etag: body ?? '', isMarker: body === undefined, contentType };
    const info = link === undefined ? base : { ...base, link };
    return Promise.resolve(deleteAt === undefined ? info : { ...info, deleteAt });
  }

  async statWhole(object: ObjectRef): Promise<ObjectInfo | undefined> {
    const info = await this.stat(object);
    const entry = this.objects.get(key(object));
    if (!info || !entry || entry.link || !this.isFetching) return info;
    const snapshot = { headers: entry.headers, body: Buffer.from(entry.body ?? '') };
    this.fetched.set(snapshot, entry);
    return { ...info, snapshot };
  }

  async putSnapshot(
    snapshot: Snapshot,
    to: ObjectRef,
    condition?: 'if-new',
  ): ReturnType<Store['putSnapshot']> {
    const entry = this.fetched.get(snapshot);
    if (!entry) throw new Error('not a snapshot of this store');
    if (condition === 'if-new' && this.objects.has(key(to))) return Promise.resolve('exists');
    this.put(to, entry.body, entry.headers, entry.notes);
    return Promise.resolve('written');
  }

  async contentType(object: ObjectRef): Promise<string | undefined> {
    return (await this.stat(object))?.contentType;
  }

  async copy(
    from: ObjectRef,
    to: ObjectRef,
    notes: RecoveryNotes = {},
    contentType?: string,
  ): Promise<boolean> {
    const entry = this.objects.get(key(from));
    if (!entry || this.vanishing.has(from.object)) return Promise.resolve(false);
    const headers =
      contentType === undefined ? entry.headers : entry.headers.with('Content-Type', contentType);
    this.put(to, entry.body, headers, { ...entry.notes, ...notes });
    const copy = this.objects.get(key(to));
    if (copy && entry.link) this.objects.set(key(to), { ...copy, link: entry.link });
    return Promise.resolve(true);
  }

  async putMarker(at: ObjectRef, notes: RecoveryNotes = {}): Promise<void> {
    this.put(at, undefined, Headers.none, { ...notes, unfinished: true });
    const entry = this.objects.get(key(at));
    if (entry) this.objects.set(key(at), { ...entry, isUnfinished: true });
    return Promise.resolve();
  }

  async finishMarker(at: ObjectRef): Promise<boolean> {
    if (!this.objects.has(key(at))) return Promise.resolve(false);
    this.put(at, undefined);
    return Promise.resolve(true);
  }

  async retractMarker(at: ObjectRef): Promise<void> {
    if (this.objects.get(key(at))?.isUnfinished === true) this.delete(at);
    return Promise.resolve();
  }

  putNote(at: ObjectRef, contentType: string): Promise<void> {
    this.put(at, '', Headers.of({ 'Content-Type': contentType }));
    return Promise.resolve();
  }

  async putVersionMarker(at: ObjectRef, contentType = VERSION_MARKER_TYPE): Promise<boolean> {
    if (this.objects.has(key(at))) return Promise.resolve(false);
    this.put(at, undefined, Headers.of({ 'Content-Type': contentType }));
    return Promise.resolve(true);
  }

  /** Rejects a static link whose target does not match. */
  async putLink(
    at: ObjectRef,
    to: ObjectRef,
    { etag, contentType, expiry }: LinkProperties,
  ): Promise<void> {
    const target = this.objects.get(key(to));
    if (etag !== undefined && target?.body !== etag)
      throw new StoreError('refused', 'the target of a link is another', 409);
    const type = contentType ?? target?.headers.get('content-type');
    this.put(at, '', Headers.of({ 'Content-Type': type, 'X-Delete-At': expiry?.at }));
    const entry = this.objects.get(key(at));
    if (entry) this.objects.set(key(at), { ...entry, link: to });
    return Promise.resolve();
  }

  keepForever(object: ObjectRef): Promise<void> {
    const entry = this.objects.get(key(object));
    if (entry) this.put(object, entry.body, entry.headers.without('x-delete-at'), entry.notes);
    return Promise.resolve();
  }

  firstName(account: string, container: string, prefix: string): Promise<string | undefined> {
    return Promise.resolve(
      this.namesIn(account, container).find((name) => name.startsWith(prefix)),
    );
  }

  firstEntries(
    account: string,
    container: string,
    prefix: string,
    max: number,
  ): Promise<TypedEntry[]> {
    const names = this.namesIn(account, container).filter((name) => name.startsWith(prefix));
    return Promise.resolve(
      names.slice(0, max).map((name) => this.entry({ account, container, object: name })),
    );
  }

  private entry(at: ObjectRef): TypedEntry {
    const entry = this.objects.get(key(at));
    return {
      name: at.object,
      isMarker: entry?.body === undefined,
      isUnfinished: entry?.isUnfinished === true,
      contentType: entry?.headers.get('content-type') ?? 'text/plain',
      time: entry && Number(entry.timestamp),
    };
  }

  /** The target of a link. */
  linkAt(at: ObjectRef): ObjectRef | undefined {
    return this.objects.get(key(at))?.link;
  }

  /** Changes the metadata of an object, as POST does. */
  post(at: ObjectRef, notes: RecoveryNotes): void {
    const entry = this.objects.get(key(at));
    if (entry) this.put(at, entry.body, entry.headers, notes);
  }

  now(): number {
    return this.time();
  }

  async checkRemoval(absent: ObjectRef): Promise<void> {
    await Promise.resolve();
    this.checkWritable(absent);
  }

  async remove(object: ObjectRef): Promise<boolean> {
    return Promise.resolve(this.delete(object));
  }

  async *listBackwards(
    account: string,
    container: string,
    prefix: string,
  ): AsyncGenerator<ListingEntry> {
    const names = this.namesIn(account, container).reverse();
    const matching = names.filter((name) => name.startsWith(prefix));
    for (const name of this.isLagging ? matching.slice(1) : matching) {
      yield await Promise.resolve(withoutType(this.entry({ account, container, object: name })));
    }
  }

  private namesIn(account: string, container: string): string[] {
    const start = key({ account, container, object: '' });
    return [...this.objects.keys()]
      .filter((each) => each.startsWith(start))
      .map((each) => each.slice(start.length))
      .sort();
  }
}

function key({ account, container, object }: ObjectRef): string {
  return `${account}\n${container}\n${object}`;
}
