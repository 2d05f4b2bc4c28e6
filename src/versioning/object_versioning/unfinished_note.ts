import type { ByteString } from '../../http/bytes';
import type { State } from './state';
import { decodeName, versionPrefix } from './version_names';

/**
 * What is noted of an operation on an object with ids before it begins, if neither the object
 * nor a listing would tell whether it has happened, should it be interrupted. The note is gone
 * before the operation is acknowledged, unless it is known for good to have happened: so nothing
 * that was acknowledged is ever taken for something that did not happen.
 */
export interface Unfinished {
  /**
   * By what it has happened: the object is a link to the last of what it adds, or to something
   * newer; the object is not any more what it was; or the first of what it adds is there.
   */
  readonly happens: 'linked' | 'changed' | 'written';
  /** What the object was before. */
  readonly over: string;
  /** The ids of the versions that it makes. */
  readonly adds: readonly string[];
  /** The ids of those that go with it. */
  readonly drops: readonly string[];
  /** What the write notes on the object that it makes, which identifies it. */
  readonly by?: string | undefined;
}

/** A state as it is noted: different for all that are. */
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

/** The content type of the note. */
export function unfinishedType({ happens, over, adds, drops, by }: Unfinished): ByteString {
  const end = by === undefined ? '' : `..${by}`;
  return `${TYPE}${happens}.${over}..${adds.join('_')}..${drops.join('_')}${end}`;
}

/** The note in a content type; undefined if it is none. */
export function unfinishedIn(contentType: ByteString): Unfinished | undefined {
  if (!contentType.startsWith(TYPE)) return undefined;
  const [, happens, over = '', adds = '', drops = '', by] =
    FORM.exec(contentType.slice(TYPE.length)) ?? [];
  if (happens !== 'linked' && happens !== 'changed' && happens !== 'written') return undefined;
  const ids = (text: string) => text.split('_').filter((each) => each !== '');
  return { happens, over, adds: ids(adds), drops: ids(drops), ...(by !== undefined && { by }) };
}

/**
 * Where it is noted: just before the newest version in byte order, so that a listing of versions
 * meets it first.
 */
export function unfinishedName(object: ByteString): ByteString {
  return `${versionPrefix(object)}!`;
}

const END = versionPrefix('') + '!';

/**
 * The object of which a name in a versions container notes what is unfinished; undefined for the
 * name of something else.
 */
export function objectOfNote(name: ByteString): ByteString | undefined {
  return name.endsWith(END) ? decodeName(name.slice(0, -END.length)) : undefined;
}

/**
 * The ids of versions that are as good as gone, since the operation that made them has not
 * happened, or that which removes them has.
 *
 * @param isThere whether a version of an id is
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
  return hasHappened[happens]() ? drops : adds;
}

/**
 * Whether it is certain that what is noted has happened, so that what goes with it may be removed
 * for good. That the object is another proves nothing: a server of 0.1.0 does not see the note, and
 * may have written since.
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
  // a DELETE leaves its marker; the removal of a version by its id is what its client asked for
  return adds.length === 0 || (state.is === 'nothing' && adds.every(isThere));
}

/**
 * The ids of versions that are as good as gone: what is noted is, and of a link what is newer than
 * all that it notes.
 */
export function goneAmong(
  ids: readonly string[],
  state: State,
  noted: Unfinished | undefined,
  isThere: (id: string) => boolean = (id) => ids.includes(id),
): string[] {
  const gone = noted ? goneBy(noted, state, isThere) : [];
  const late = state.is === 'link' ? ids.filter((id) => id > state.newest) : [];
  return [...new Set([...late, ...gone])];
}
