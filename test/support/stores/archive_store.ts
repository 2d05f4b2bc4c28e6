import type { ListingEntry, ObjectInfo, Store } from '../../../src/versioning/store/store';

/** An entry of an archive; without `body` it is a delete marker. */
export interface Archived extends Pick<Partial<ObjectInfo>, 'notes'> {
  readonly body?: string | undefined;
  /** Listed but missing, there but not listed, or a half-made marker. */
  readonly is?: 'gone' | 'unlisted' | 'half made';
}

/** The store's information on an object with a timestamp and a body. */
export function infoOf(
  timestamp: string,
  { body, is, notes = ownNotes(is) }: Archived,
): ObjectInfo {
  const isMarker = body === undefined;
  return { timestamp, etag: body ?? '', isMarker, contentType: 'text/plain', notes };
}

/** A half-made marker is marked as such, unless somebody else wrote it. */
function ownNotes(is: Archived['is']): ObjectInfo['notes'] {
  return is === 'half made' ? { unfinished: true } : {};
}

/**
 * Creates a store with only the entries of the object `o` in an archive, by their
 * timestamps. It records which of them were requested.
 */
export function archiveOf(entries: Readonly<Record<string, Archived>>): {
  store: Store;
  asked: string[];
} {
  const asked: string[] = [];
  const names = Object.keys(entries).map((timestamp) => `001o/${timestamp}`);
  const at = (name: string) => entries[name.slice('001o/'.length)];
  const listed = (name: string): ListingEntry => ({
    name,
    isMarker: at(name)?.body === undefined,
    isUnfinished: at(name)?.is === 'half made',
  });
  const store: Pick<Store, 'stat' | 'listBackwards'> = {
    stat: ({ account, container, object }) => {
      asked.push(object);
      const entry = account === 'a' && container === 'archive' ? at(object) : undefined;
      const timestamp = object.slice('001o/'.length);
      return Promise.resolve(entry && entry.is !== 'gone' ? infoOf(timestamp, entry) : undefined);
    },
    async *listBackwards(account, container, prefix) {
      if (account !== 'a' || container !== 'archive') return;
      const matching = names.filter(
        (name) => name.startsWith(prefix) && at(name)?.is !== 'unlisted',
      );
      for (const name of matching.sort().reverse()) yield await Promise.resolve(listed(name));
    },
  };
  return { store: store as Store, asked };
}
