import type { ByteString } from '../../http/bytes';
import type { State } from './state';
import { decodeName, versionPrefix } from './version_names';

/**
 * The note that an operation on a versioned object writes before it begins, if neither
 * the object nor a listing would show whether an interrupted operation took effect. The
 * note is removed before the operation is acknowledged, unless it is certain that the
 * operation took effect: so nothing that was acknowledged is ever taken for something
 * that did not happen.
 */
export interface Unfinished {
  /**
   * What shows that the operation took effect: the object is a link to the last version
   * it adds, or to a newer one; the object is no longer what it was; or the first version
   * it adds exists.
   */
  readonly happens: 'linked' | 'changed' | 'written';
  /** What the object was before, as a `stateKey`. */
  readonly over: string;
  /** The ids of the versions that it adds. */
  readonly adds: readonly string[];
  /** The ids of the versions that it removes. */
  readonly drops: readonly string[];
  /** Identifies the write in the notes of the object that it makes. */
  readonly by?: string | undefined;
}

/** Returns a state as a string for notes; different states have different keys. */
export function stateKey(state: State): string {
  if (state.is === 'nothing') return state.is;
  return state.is === 'null' ? `null_${state.timestamp}` : `link_${state.id}`;
}

const TYPE = 'application/x-unfinished;hindsight_unfinished=';
const ID = String.raw`\d+\.\d+`;
const IDS = `((?:${ID}(?:_${ID})*)?)`;
const STATE = `([a-z]+(?:_${ID})?)`;
const FORM = new RegExp(
  `^(linked|changed|written)\\.${STATE}\\.\\.${IDS}\\.\\.${IDS}(?:\\.\\.(${ID}))?$`,
);

/** Returns the content type of a note. */
export function unfinishedType({ happens, over, adds, drops, by }: Unfinished): ByteString {
  const end = by === undefined ? '' : `..${by}`;
  return `${TYPE}${happens}.${over}..${adds.join('_')}..${drops.join('_')}${end}`;
}

/** Parses the note in a content type; undefined if it is none. */
export function unfinishedIn(contentType: ByteString): Unfinished | undefined {
  if (!contentType.startsWith(TYPE)) return undefined;
  const [, happens, over = '', adds = '', drops = '', by] =
    FORM.exec(contentType.slice(TYPE.length)) ?? [];
  if (happens !== 'linked' && happens !== 'changed' && happens !== 'written') return undefined;
  const ids = (text: string) => text.split('_').filter((each) => each !== '');
  return { happens, over, adds: ids(adds), drops: ids(drops), ...(by !== undefined && { by }) };
}

/**
 * Returns the name of an object's note, which is just before the newest version in byte
 * order, so that a listing of versions returns it first.
 */
export function unfinishedName(object: ByteString): ByteString {
  return `${versionPrefix(object)}!`;
}

const END = versionPrefix('') + '!';

/**
 * Returns the object whose note has this name in a versions container; undefined if the
 * name is not a note's.
 */
export function objectOfNote(name: ByteString): ByteString | undefined {
  return name.endsWith(END) ? decodeName(name.slice(0, -END.length)) : undefined;
}

/**
 * Returns the ids of versions to be treated as gone: those added by an operation that did
 * not take effect, or removed by one that did. The copy of an object without an id goes
 * only while that object is still there: a server of 0.1.0, which does not see the note,
 * may have made the same copy and then deleted the object.
 *
 * @param isThere whether the version with an id exists
 */
export function goneBy(
  { happens, over, adds, drops }: Unfinished,
  state: State,
  isThere: (id: string) => boolean,
): readonly string[] {
  const hasHappened = {
    linked: () => state.is === 'link' && state.newest >= (adds.at(-1) ?? ''),
    changed: () => stateKey(state) !== over,
    written: () => isThere(adds[0] ?? ''),
  };
  if (hasHappened[happens]()) return drops;
  return stateKey(state) === over ? adds : adds.filter((id) => over !== `null_${id}`);
}

/**
 * Whether it is certain that a noted operation took effect, so that the versions it
 * removes may be removed permanently. That the object has changed proves nothing: a
 * server of 0.1.0 does not see the note, and may have written since.
 *
 * @param operation what the object notes of the write that made it
 */
export function isProven(
  { happens, adds, by }: Unfinished,
  state: State,
  operation: string | undefined,
  isThere: (id: string) => boolean,
): boolean {
  if (happens !== 'changed') return true;
  if (by !== undefined) return state.is === 'null' && operation === by;
  // a DELETE leaves its marker; the removal of a version by its id is what its client
  // requested
  return adds.length === 0 || (state.is === 'nothing' && adds.every(isThere));
}

/**
 * Returns the ids of versions to be treated as gone: those gone by the note and, if the
 * object is a link, those newer than the newest that it notes.
 */
export function goneAmong(
  ids: readonly string[],
  state: State,
  note: Unfinished | undefined,
  isThere: (id: string) => boolean = (id) => ids.includes(id),
): string[] {
  const goneIds = note ? goneBy(note, state, isThere) : [];
  const late = state.is === 'link' ? ids.filter((id) => id > state.newest) : [];
  return [...new Set([...late, ...goneIds])];
}
