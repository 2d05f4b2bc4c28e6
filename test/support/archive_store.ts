import type { ListingEntry, ObjectInfo, Store } from '../../src/versioning/store/store';

/** What there is at a name in an archive: contents of `undefined` are a delete marker. */
export interface Archived extends Pick<Partial<ObjectInfo>, 'notes'> {
  readonly body?: string | undefined;
  /** It is listed and not there, or there and not listed. */
  readonly is?: 'gone' | 'unlisted' | 'half made';
}

/** What a store tells of an object with a timestamp and contents. */
export function infoOf(
  timestamp: string,
  { body, is, notes = ownNotes(is) }: Archived,
): ObjectInfo {
  const isMarker = body === undefined;
  return { timestamp, etag: body ?? '', isMarker, contentType: 'text/plain', notes };
}

/** A marker that is half made says so, unless somebody else has put it there. */
function ownNotes(is: Archived['is']): ObjectInfo['notes'] {
  return is === 'half made' ? { unfinished: true } : {};
}

/** A store that has only the entries of the object `o` in an archive, by their timestamps, and tells which of them were asked for. */
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
    isHalfMade: at(name)?.is === 'half made',
  });
  const store: Pick<Store, 'stat' | 'listBackwards'> = {
    stat: ({ account, container, object }) => {
      asked.push(object);
      const found = account === 'a' && container === 'archive' ? at(object) : undefined;
      const timestamp = object.slice('001o/'.length);
      return Promise.resolve(found && found.is !== 'gone' ? infoOf(timestamp, found) : undefined);
    },
    async *listBackwards(account, container, prefix) {
      if (account !== 'a' || container !== 'archive') return;
      const found = names.filter((name) => name.startsWith(prefix) && at(name)?.is !== 'unlisted');
      for (const name of found.sort().reverse()) yield await Promise.resolve(listed(name));
    },
  };
  return { store: store as Store, asked };
}
