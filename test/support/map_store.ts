import { formatTimestamp } from '../../src/versioning/archive/names';
import { Headers } from '../../src/http/headers';
import { withoutType } from '../../src/versioning/store/responses';
import { VERSION_MARKER_TYPE } from '../../src/swift_api/markers';
import { StoreError } from '../../src/util/store_error';
import type { Notes } from '../../src/versioning/store/recovery_notes';
import type {
  LinkParts,
  ListingEntry,
  ObjectInfo,
  ObjectRef,
  Store,
  TypedEntry,
} from '../../src/versioning/store/store';

interface Kept {
  readonly body: string | undefined;
  readonly notes: Notes;
  readonly isHalfMade?: boolean;
  /** It is a symlink to that. */
  readonly link?: ObjectRef;
  readonly headers: Headers;
  readonly timestamp: string;
}

/** A store in memory, for properties of the core alone. Its clock ticks with every write. A body of undefined is a delete marker. */
export class MapStore implements Store {
  /** Names that are listed but not there any more, as on a store whose listings lag. */
  readonly vanishing = new Set<string>();
  /** The newest entry of an object is not listed yet, as on a store whose listings lag. */
  isLagging = false;
  /** Milliseconds to which its timestamps are exact. */
  resolution = 1;
  /** Milliseconds by which its clock ticks. */
  tick = 1;
  /** Containers that are not there; all others are. */
  readonly absent = new Set<string>();
  /** Containers that may be read and not written. */
  readonly readOnly = new Set<string>();
  /** Called before each change; what it throws is thrown instead. */
  beforeChange: () => void = () => undefined;
  private readonly objects = new Map<string, Kept>();
  private clock = 1_000_000_000_000;

  /** Milliseconds; different at each call. */
  time(): number {
    return (this.clock += this.tick);
  }

  private timestamp(): string {
    return formatTimestamp(Math.floor(this.time() / this.resolution) * this.resolution);
  }

  put(at: ObjectRef, body: string | undefined, headers = Headers.none, notes: Notes = {}): void {
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
   * The bodies in a container, in the order of their names; null for a marker, since Jest takes lists
   * for equal that differ by an `undefined` at their end. Markers that are half made are not listed.
   */
  bodies(container: string): (string | null)[] {
    return this.namesIn('a', container)
      .map((name) => this.objects.get(key({ account: 'a', container, object: name })))
      .filter((kept) => kept?.isHalfMade !== true)
      .map((kept) => kept?.body ?? null);
  }

  /** Whether a container has a marker that is half made. */
  hasUnfinished(container: string): boolean {
    const start = key({ account: 'a', container, object: '' });
    return [...this.objects].some(
      ([each, { isHalfMade }]) => each.startsWith(start) && isHalfMade === true,
    );
  }

  dump(): [string, Kept][] {
    return [...this.objects.entries()].sort();
  }

  stat(object: ObjectRef): Promise<ObjectInfo | undefined> {
    const kept = this.objects.get(key(object));
    if (!kept) return Promise.resolve(undefined);
    const { timestamp, notes, body, link } = kept;
    const deleteAt = kept.headers.get('x-delete-at');
    const contentType = kept.headers.get('content-type') ?? 'text/plain';
    const own = { timestamp, notes, etag: body ?? '', isMarker: body === undefined, contentType };
    const info = link === undefined ? own : { ...own, link };
    return Promise.resolve(deleteAt === undefined ? info : { ...info, deleteAt });
  }

  async contentType(object: ObjectRef): Promise<string | undefined> {
    return (await this.stat(object))?.contentType;
  }

  async copy(
    from: ObjectRef,
    to: ObjectRef,
    notes: Notes = {},
    contentType?: string,
  ): Promise<boolean> {
    const kept = this.objects.get(key(from));
    if (!kept || this.vanishing.has(from.object)) return Promise.resolve(false);
    const own =
      contentType === undefined ? kept.headers : kept.headers.with('Content-Type', contentType);
    this.put(to, kept.body, own, { ...kept.notes, ...notes });
    const copy = this.objects.get(key(to));
    if (copy && kept.link) this.objects.set(key(to), { ...copy, link: kept.link });
    return Promise.resolve(true);
  }

  async putMarker(at: ObjectRef, notes: Notes = {}): Promise<void> {
    this.put(at, undefined, Headers.none, { ...notes, unfinished: true });
    const kept = this.objects.get(key(at));
    if (kept) this.objects.set(key(at), { ...kept, isHalfMade: true });
    return Promise.resolve();
  }

  async finishMarker(at: ObjectRef): Promise<boolean> {
    if (!this.objects.has(key(at))) return Promise.resolve(false);
    this.put(at, undefined);
    return Promise.resolve(true);
  }

  async retractMarker(at: ObjectRef): Promise<void> {
    if (this.objects.get(key(at))?.isHalfMade === true) this.delete(at);
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

  /** Fails where it would be a static link to nothing. */
  async putLink(
    at: ObjectRef,
    to: ObjectRef,
    { etag, contentType, expiry }: LinkParts,
  ): Promise<void> {
    const target = this.objects.get(key(to));
    if (etag !== undefined && target?.body !== etag)
      throw new StoreError('refused', 'the target of a link is another', 409);
    const type = contentType ?? target?.headers.get('content-type');
    this.put(at, '', Headers.of({ 'Content-Type': type, 'X-Delete-At': expiry?.at }));
    const kept = this.objects.get(key(at));
    if (kept) this.objects.set(key(at), { ...kept, link: to });
    return Promise.resolve();
  }

  keepForever(object: ObjectRef): Promise<void> {
    const kept = this.objects.get(key(object));
    if (kept) this.put(object, kept.body, kept.headers.without('x-delete-at'), kept.notes);
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
    const kept = this.objects.get(key(at));
    return {
      name: at.object,
      isMarker: kept?.body === undefined,
      isHalfMade: kept?.isHalfMade === true,
      contentType: kept?.headers.get('content-type') ?? 'text/plain',
      time: kept && Number(kept.timestamp),
    };
  }

  /** Where the link at a place leads. */
  linkAt(at: ObjectRef): ObjectRef | undefined {
    return this.objects.get(key(at))?.link;
  }

  /** Changes the metadata of an object, as POST does. */
  post(at: ObjectRef, notes: Notes): void {
    const kept = this.objects.get(key(at));
    if (kept) this.put(at, kept.body, kept.headers, notes);
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
    const found = names.filter((name) => name.startsWith(prefix));
    for (const name of this.isLagging ? found.slice(1) : found) {
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
