import { formatTimestamp } from '../../src/core/names';
import { Headers } from '../../src/http/headers';
import { StoreError } from '../../src/stores/error';
import type { ListingEntry, ObjectInfo, ObjectRef, Store } from '../../src/stores/store';

interface Kept {
  readonly body: string | undefined;
  readonly headers: Headers;
  readonly timestamp: string;
}

/** A store in memory, for properties of the core alone. Its clock ticks with every write. A body of undefined is a delete marker. */
export class MapStore implements Store {
  /** Names that are listed but not there any more, as on a store whose listings lag. */
  readonly vanishing = new Set<string>();
  /** Containers that are not there; all others are. */
  readonly absent = new Set<string>();
  private readonly objects = new Map<string, Kept>();
  private now = 1_000_000_000_000;

  /** Milliseconds; different at each call. */
  time(): number {
    return (this.now += 1);
  }

  put(at: ObjectRef, body: string | undefined, headers = Headers.none): void {
    if (this.absent.has(at.container)) throw new StoreError('refused', 'there is no such container', 404);
    this.objects.set(key(at), { body, headers, timestamp: formatTimestamp(this.time()) });
  }

  delete(at: ObjectRef): boolean {
    return this.objects.delete(key(at));
  }

  body(at: ObjectRef): string | undefined {
    return this.objects.get(key(at))?.body;
  }

  headers(at: ObjectRef): Headers | undefined {
    return this.objects.get(key(at))?.headers;
  }

  /** The bodies in a container, in the order of their names. */
  bodies(container: string): (string | undefined)[] {
    return this.namesIn('a', container).map((name) => this.body({ account: 'a', container, object: name }));
  }

  dump(): [string, Kept][] {
    return [...this.objects.entries()].sort();
  }

  stat(object: ObjectRef): Promise<ObjectInfo | undefined> {
    const kept = this.objects.get(key(object));
    const deleteAt = kept?.headers.get('x-delete-at');
    const timestamp = kept && { timestamp: kept.timestamp };
    return Promise.resolve(timestamp && deleteAt !== undefined ? { ...timestamp, deleteAt } : timestamp);
  }

  async copy(from: ObjectRef, to: ObjectRef): Promise<boolean> {
    const kept = this.objects.get(key(from));
    if (!kept || this.vanishing.has(from.object)) return Promise.resolve(false);
    this.put(to, kept.body, kept.headers);
    return Promise.resolve(true);
  }

  async putMarker(at: ObjectRef): Promise<void> {
    this.put(at, undefined);
    return Promise.resolve();
  }

  remove(object: ObjectRef): Promise<boolean> {
    return Promise.resolve(this.delete(object));
  }

  async *listBackwards(account: string, container: string, prefix: string): AsyncGenerator<ListingEntry> {
    for (const name of this.namesIn(account, container).reverse()) {
      if (!name.startsWith(prefix)) continue;
      const kept = this.objects.get(key({ account, container, object: name }));
      yield await Promise.resolve({ name, isMarker: kept?.body === undefined });
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
