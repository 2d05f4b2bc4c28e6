import type { ByteString } from '../../http/bytes';
import type { ListingEntry } from '../store/store';

/** What DELETE means: stack by X-Versions-Location, history by X-History-Location. */
export type Mode = 'stack' | 'history';

/** One step on the store; entries are names in the archive container. */
export type Step =
  /** Copy the current object to an entry. */
  | { readonly do: 'archive'; readonly entry: ByteString }
  /** Write the current object as it was fetched; plan again if the entry may exist. */
  | { readonly do: 'archiveNew'; readonly entry: ByteString }
  /** Write an unfinished delete marker: no listing shows it. */
  | { readonly do: 'mark'; readonly entry: ByteString }
  /** Finish a marker whose delete has happened; one of an earlier delete may be gone. */
  | { readonly do: 'finish'; readonly entry: ByteString; readonly isEarlier?: true }
  /** Remove a marker whose delete has not happened, if it is still unfinished. */
  | { readonly do: 'retract'; readonly entry: ByteString }
  /** Check that entries may be removed, or a restored version would exist twice. */
  | { readonly do: 'checkRemoval' }
  /**
   * Copy the first of some entries over the current object; if it is gone, plan again
   * without it. The steps that follow remove all of them.
   */
  | { readonly do: 'restore'; readonly entries: readonly ByteString[] }
  /** Remove an entry. */
  | { readonly do: 'remove'; readonly entry: ByteString }
  /** Forward the client's own request, and answer with its response. */
  | { readonly do: 'forward' }
  /** Answer with the result of the preceding removal. */
  | { readonly do: 'answer' };

/**
 * Plans a PUT, or a COPY to the object: the current object is archived, then the write is
 * forwarded.
 *
 * @param entry the entry for the current object; undefined if there is none
 */
export function planWrite(
  entry: ByteString | undefined,
  archive: 'archive' | 'archiveNew' = 'archive',
): Step[] {
  return entry === undefined ? [{ do: 'forward' }] : [{ do: archive, entry }, { do: 'forward' }];
}

/**
 * Plans a DELETE in history mode: the object, if there is one, is archived; an unfinished
 * marker named by the time of the delete is written; the DELETE is forwarded; the marker
 * is finished. So a finished marker never coexists with its object, and an acknowledged
 * delete has a finished one.
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
 * Plans what becomes of the markers of interrupted deletes: if there is an object, its
 * delete has not happened; otherwise it presumably has.
 *
 * @param exists whether there is an object
 */
export function planUnfinished(exists: boolean, markers: readonly ByteString[]): Step[] {
  return markers.map((entry) =>
    exists ? { do: 'retract', entry } : { do: 'finish', entry, isEarlier: true },
  );
}

/**
 * Plans a DELETE in stack mode: the newest archived version replaces the current one. If
 * the newest entry is a marker (written when the container was in history mode), the
 * DELETE is forwarded if there is an object; otherwise it removes the marker and restores
 * the version that this hid.
 *
 * @param exists whether there is an object
 * @param entries the archive's entries of the object, newest first, without leftovers;
 *   only the first two matter
 */
export function planStackDelete(exists: boolean, entries: readonly ListingEntry[]): Step[] {
  const [newest, second] = entries;
  if (newest === undefined) return [{ do: 'forward' }];
  if (!newest.isMarker) return planRestore(newest.name);
  if (exists) return [{ do: 'forward' }];
  if (second && !second.isMarker) return planRestore(second.name, newest.name);
  return [{ do: 'remove', entry: newest.name }, { do: 'answer' }];
}

function planRestore(...entries: ByteString[]): Step[] {
  const removals = entries.map((entry): Step => ({ do: 'remove', entry }));
  return [{ do: 'checkRemoval' }, { do: 'restore', entries }, ...removals, { do: 'answer' }];
}
