import type { ByteString } from '../../http/bytes';
import type { ListingEntry } from '../store/store';

/** What DELETE means in a versioned container (Swift: X-Versions-Location is stack, X-History-Location history). */
export type Mode = 'stack' | 'history';

/** One thing to do to the store; entries are names in the archive container. */
export type Step =
  /** Copy the current object to an entry. */
  | { readonly do: 'archive'; readonly entry: ByteString }
  /** Write a delete marker that is half made: no listing shows it. */
  | { readonly do: 'mark'; readonly entry: ByteString }
  /** Finish a marker whose delete has happened; one of an earlier delete may have gone. */
  | { readonly do: 'finish'; readonly entry: ByteString; readonly isEarlier?: true }
  /** Remove a marker whose delete has not happened, so long as it is half made. */
  | { readonly do: 'retract'; readonly entry: ByteString }
  /** Make sure that entries may be removed, since a restored version whose entry stays would be there twice. */
  | { readonly do: 'checkRemoval' }
  /** Copy the first of some entries over the current object; if it has gone, decide anew without it. All of them are removed in the steps that follow. */
  | { readonly do: 'restore'; readonly entries: readonly ByteString[] }
  /** Remove an entry. */
  | { readonly do: 'remove'; readonly entry: ByteString }
  /** Let the client's own request through, and answer with what it got. */
  | { readonly do: 'forward' }
  /** Answer as to the removal that came before. */
  | { readonly do: 'answer' };

/**
 * PUT, or a COPY to the object: what is there is archived, and then the write goes on.
 *
 * @param entry for what is there; undefined where nothing is
 */
export function planWrite(entry: ByteString | undefined): Step[] {
  return entry === undefined ? [{ do: 'forward' }] : [{ do: 'archive', entry }, { do: 'forward' }];
}

/**
 * DELETE in history mode: the object is archived, a marker named with the time of the delete is written half, the
 * DELETE goes on, and then the marker is finished; all but the archiving also for an object that is not there. A finished
 * marker is thus never beside the object that it is of, and a delete that was acknowledged has a finished one.
 */
export function planHistoryDelete(entry: ByteString | undefined, marker: ByteString): Step[] {
  return [
    ...planWrite(entry).slice(0, -1),
    { do: 'mark', entry: marker },
    { do: 'forward' },
    { do: 'finish', entry: marker },
  ];
}

/**
 * Markers of interrupted deletes: if there is an object, its delete has not happened, and else it has, as far
 * as anybody knows.
 *
 * @param exists whether there is an object
 */
export function planUnfinished(exists: boolean, markers: readonly ByteString[]): Step[] {
  return markers.map((entry) =>
    exists ? { do: 'retract', entry } : { do: 'finish', entry, isEarlier: true },
  );
}

/**
 * DELETE in stack mode: the newest archived version takes the current one's place. Where the newest entry is a marker
 * (written when the container was in history mode) the DELETE goes through if there is an object, and else takes the marker back
 * and what it hid.
 *
 * @param exists whether there is an object
 * @param entries the archive's entries of the object, newest first, without what interrupted operations left; those beyond the second
 *   do not matter
 */
export function planStackDelete(exists: boolean, entries: readonly ListingEntry[]): Step[] {
  const [newest, second] = entries;
  if (newest === undefined) return [{ do: 'forward' }];
  if (!newest.isMarker) return takeBack(newest.name);
  if (exists) return [{ do: 'forward' }];
  if (second && !second.isMarker) return takeBack(second.name, newest.name);
  return [{ do: 'remove', entry: newest.name }, { do: 'answer' }];
}

function takeBack(...entries: ByteString[]): Step[] {
  const removed = entries.map((entry): Step => ({ do: 'remove', entry }));
  return [{ do: 'checkRemoval' }, { do: 'restore', entries }, ...removed, { do: 'answer' }];
}
