import type { State } from '../../../../src/versioning/object_versioning/state';
import {
  goneAmong,
  goneBy,
  isProven,
  objectOfNote,
  stateKey,
  unfinishedIn,
  unfinishedName,
  unfinishedType,
  type Unfinished,
} from '../../../../src/versioning/object_versioning/unfinished_note';
import {
  versionName,
  versionPrefix,
} from '../../../../src/versioning/object_versioning/version_names';

const id = (n: number) => `${1_700_000_000 + n}.00000`;
const TYPE = 'application/x-unfinished;hindsight_unfinished=';

const NOTHING: State = { is: 'nothing' };
const NULL: State = { is: 'null', timestamp: id(1), contentType: 'text/plain' };
const linkTo = (n: number, newest = n): State => ({
  is: 'link',
  id: id(n),
  newest: id(newest),
  contentType: 'text/plain',
});

const note = (parts: Partial<Unfinished>): Unfinished => ({
  happens: 'changed',
  over: 'nothing',
  adds: [],
  drops: [],
  ...parts,
});

const always = () => true;
const never = () => false;

describe('the key of a state', () => {
  it.each([
    [NOTHING, 'nothing'],
    [NULL, `null_${id(1)}`],
    [linkTo(2, 3), `link_${id(2)}`],
  ])('%j', (state, key) => {
    expect(stateKey(state)).toBe(key);
  });
});

describe('the content type of a note', () => {
  it.each<[string, Unfinished, string]>([
    ['with nothing', note({}), 'changed.nothing....'],
    [
      'with versions that it adds and removes',
      note({ happens: 'linked', over: `link_${id(1)}`, adds: [id(2), id(3)], drops: [id(4)] }),
      `linked.link_${id(1)}..${id(2)}_${id(3)}..${id(4)}`,
    ],
    [
      'with its write',
      note({ happens: 'written', over: `null_${id(1)}`, adds: [id(2)], by: id(7) }),
      `written.null_${id(1)}..${id(2)}....${id(7)}`,
    ],
  ])('%s is what is read of it', (_, unfinished, text) => {
    expect(unfinishedType(unfinished)).toBe(TYPE + text);
    expect(unfinishedIn(TYPE + text)).toEqual(unfinished);
    expect('by' in unfinishedIn(TYPE + text)!).toBe(unfinished.by !== undefined);
  });

  it.each([
    ['text/plain'],
    [`changed.nothing....`],
    [`x${TYPE}changed.nothing....`],
    [TYPE],
    [`${TYPE}done.nothing....`],
    [`${TYPE}changed.nothing...`],
    [`${TYPE}changed.nothing....x`],
    [`${TYPE}xchanged.nothing....`],
    [`${TYPE}changed.NOTHING....`],
    [`${TYPE}changed.....`],
    [`${TYPE}changed.null_x....`],
    [`${TYPE}changed.nothing..${id(1)}_..`],
    [`${TYPE}changed.nothing..1..`],
    [`${TYPE}changed.nothing....${id(1)}..`],
    [`${TYPE}changed.nothing....${id(1)}..x`],
  ])('%s is none', (type) => {
    expect(unfinishedIn(type)).toBeUndefined();
  });
});

describe('the name of a note', () => {
  it('sorts before every version of the object, and names it', () => {
    for (const object of ['o', 'a/b', 'ü!', '0']) {
      expect(unfinishedName(object) < versionName(object, id(1))).toBe(true);
      expect(unfinishedName(object).startsWith(versionPrefix(object))).toBe(true);
      expect(objectOfNote(unfinishedName(object))).toBe(object);
    }
  });

  it.each([versionName('o', id(1)), versionPrefix('o'), 'o', '!'])('%j is none', (name) => {
    expect(objectOfNote(name)).toBeUndefined();
  });
});

describe('what an unfinished operation makes gone', () => {
  const [adds, drops] = [[id(2), id(3)], [id(1)]];

  it.each<[string, Unfinished['happens'], State, () => boolean, readonly string[]]>([
    ['linked, and the object is the last that it adds', 'linked', linkTo(3), never, drops],
    ['linked, and the object is a newer one', 'linked', linkTo(4), never, drops],
    ['linked, and a newer one was ever current', 'linked', linkTo(1, 3), never, drops],
    ['linked, and the object is the first that it adds', 'linked', linkTo(2), always, adds],
    ['linked, and the object is no link', 'linked', NULL, always, adds],
    ['linked, and the object is gone', 'linked', NOTHING, always, adds],
    ['changed, and the object is what it was', 'changed', linkTo(1), always, adds],
    ['changed, and the object is another link', 'changed', linkTo(4), never, drops],
    ['changed, and the object is gone', 'changed', NOTHING, never, drops],
    ['written, and the first that it adds is there', 'written', linkTo(1), always, drops],
    ['written, and it is not', 'written', linkTo(9), never, adds],
  ])('%s', (_, happens, state, isThere, expected) => {
    const unfinished = note({ happens, over: `link_${id(1)}`, adds, drops });
    expect(goneBy(unfinished, state, isThere)).toEqual(expected);
  });

  it('asks for the first version that it adds', () => {
    const unfinished = note({ happens: 'written', adds, drops });
    expect(goneBy(unfinished, NOTHING, (each) => each === id(2))).toEqual(drops);
    expect(goneBy(unfinished, NOTHING, (each) => each === id(3))).toEqual(adds);
  });

  it('is the copy of an object only while that object is there', () => {
    const unfinished = note({ happens: 'linked', over: `null_${id(2)}`, adds, drops });
    const over: State = { ...NULL, timestamp: id(2) };
    expect(goneBy(unfinished, over, always)).toEqual(adds);
    for (const state of [NOTHING, linkTo(1), { ...NULL, timestamp: id(4) }])
      expect(goneBy(unfinished, state, always)).toEqual([id(3)]);
  });

  it('is what it drops if it adds nothing, and the object is any link', () => {
    const unfinished = note({ happens: 'linked', drops });
    expect(goneBy(unfinished, linkTo(1), never)).toEqual(drops);
  });
});

describe('whether an operation certainly took effect', () => {
  it.each<[string, Partial<Unfinished>, State, string | undefined, () => boolean, boolean]>([
    ['linked', { happens: 'linked', by: id(7) }, NOTHING, undefined, never, true],
    ['written', { happens: 'written', adds: [id(2)] }, NOTHING, undefined, never, true],
    ['the object notes the write', { by: id(7) }, NULL, id(7), never, true],
    ['the object notes another write', { by: id(7) }, NULL, id(8), never, false],
    ['the object notes none', { by: id(7) }, NULL, undefined, never, false],
    ['the object is a link with the note', { by: id(7) }, linkTo(1), id(7), never, false],
    ['it adds nothing', {}, linkTo(1), undefined, never, true],
    ['its marker is there, and no object', { adds: [id(2)] }, NOTHING, undefined, always, true],
    ['its marker is not there', { adds: [id(2)] }, NOTHING, undefined, never, false],
    ['its marker is there, and an object', { adds: [id(2)] }, NULL, undefined, always, false],
  ])('%s', (_, parts, state, operation, isThere, expected) => {
    expect(isProven(note(parts), state, operation, isThere)).toBe(expected);
  });

  it('takes every version that it adds', () => {
    const unfinished = note({ adds: [id(2), id(3)] });
    const isThere = (each: string) => each === id(3);
    expect(isProven(unfinished, NOTHING, undefined, isThere)).toBe(false);
  });
});

describe('versions to be treated as gone', () => {
  it.each<[string, State, Unfinished | undefined, readonly string[]]>([
    ['none without a note, if the object is no link', NULL, undefined, []],
    ['those newer than the newest that was current', linkTo(1, 2), undefined, [id(3)]],
    ['those of the note', NULL, note({ over: stateKey(NULL), adds: [id(2)] }), [id(2)]],
    [
      'both, each once',
      linkTo(1, 1),
      note({ over: `link_${id(1)}`, adds: [id(3)] }),
      [id(3), id(2)],
    ],
    [
      'those that it drops, as listed',
      linkTo(3),
      note({ happens: 'written', adds: [id(1)], drops: [id(2)] }),
      [id(2)],
    ],
    [
      'those that it adds, if the first is not listed',
      linkTo(3),
      note({ happens: 'written', adds: [id(0)], drops: [id(2)] }),
      [id(0)],
    ],
  ])('%s', (_, state, unfinished, expected) => {
    expect(goneAmong([id(3), id(2), id(1)], state, unfinished)).toEqual(expected);
  });
});
