import type { ByteString } from '../http/bytes';
import type { ListingEntry, ObjectInfo } from '../stores/store';
import { archiveName, timestampAfter } from './names';

/** What DELETE means in a versioned container (Swift: X-Versions-Location is stack, X-History-Location history). */
export type Mode = 'stack' | 'history';

/** One thing to do to the store; entries are names in the archive container. */
export type Step =
  /** Copy the current object to an entry. */
  | { readonly do: 'archive'; readonly entry: ByteString }
  /** Write a delete marker. */
  | { readonly do: 'mark'; readonly entry: ByteString }
  /** Copy an entry over the current object; if the entry has gone, decide anew without it. */
  | { readonly do: 'restore'; readonly entry: ByteString }
  /** Remove an entry. */
  | { readonly do: 'remove'; readonly entry: ByteString }
  /** Let the client's own request through, and answer with what it got. */
  | { readonly do: 'forward' }
  /** Answer as to the removal that came before. */
  | { readonly do: 'answer' };

/** PUT, or a COPY to the object: what is there is archived, and then the write goes on. */
export function decideWrite(object: ByteString, current: ObjectInfo | undefined): Step[] {
  return current
    ? [{ do: 'archive', entry: archiveName(object, current.timestamp) }, { do: 'forward' }]
    : [{ do: 'forward' }];
}

/**
 * DELETE in history mode: what is there is archived, a marker named with the time of the delete is written, and then the
 * DELETE goes on; all but the archiving also for an object that is not there.
 */
export function decideHistoryDelete(
  object: ByteString,
  current: ObjectInfo | undefined,
  now: number,
): Step[] {
  const marker = archiveName(object, timestampAfter(now, current?.timestamp));
  return [...decideWrite(object, current).slice(0, -1), { do: 'mark', entry: marker }, { do: 'forward' }];
}

/**
 * DELETE in stack mode: the newest archived version takes the current one's place. Where the newest entry is a marker
 * (written when the container was in history mode) the DELETE goes through if there is an object, and else takes the marker back
 * and what it hid.
 *
 * An entry with the current object's own timestamp is the leftover of a write that failed: it is removed and never restored.
 *
 * @param entries the archive's entries of the object, newest first; those beyond the second that is no leftover do not matter
 */
export function decideStackDelete(
  object: ByteString,
  current: ObjectInfo | undefined,
  entries: readonly ListingEntry[],
): Step[] {
  const leftover = current && archiveName(object, current.timestamp);
  const removeLeftover: Step[] = entries.some(({ name }) => name === leftover)
    ? [{ do: 'remove', entry: leftover ?? '' }]
    : [];
  const [newest, second] = entries.filter(({ name }) => name !== leftover);
  if (newest === undefined) return [...removeLeftover, { do: 'forward' }];
  if (!newest.isMarker) {
    return [
      ...removeLeftover,
      { do: 'restore', entry: newest.name },
      { do: 'remove', entry: newest.name },
      { do: 'answer' },
    ];
  }
  if (current) return [...removeLeftover, { do: 'forward' }];
  const hidden: Step[] =
    second && !second.isMarker
      ? [
          { do: 'restore', entry: second.name },
          { do: 'remove', entry: second.name },
        ]
      : [];
  return [...hidden, { do: 'remove', entry: newest.name }, { do: 'answer' }];
}
