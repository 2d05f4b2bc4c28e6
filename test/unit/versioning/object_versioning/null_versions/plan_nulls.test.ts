import {
  planNullDelete,
  planNullWrite,
  successorsOf,
  nullsOf,
} from '../../../../../src/versioning/object_versioning/null_versions/plan_nulls';
import type {
  VersionStep,
  KeptVersion,
} from '../../../../../src/versioning/object_versioning/plan_versions';
import type { State } from '../../../../../src/versioning/object_versioning/state';

const id = (second: number) => `000000000${second}.00000`;
const data = (second: number): KeptVersion => ({ id: id(second), isMarker: false });
const marker = (second: number): KeptVersion => ({ id: id(second), isMarker: true });

const nothing: State = { is: 'nothing' };
const itself = (second: number): State => ({
  is: 'null',
  timestamp: id(second),
  contentType: 'text/plain',
});
const link = (second: number, newest = second): State => ({
  is: 'link',
  id: id(second),
  newest: id(newest),
  contentType: 'text/plain',
});

describe('the null version of an object', () => {
  it.each<[string, State, KeptVersion[], KeptVersion | undefined]>([
    ['is the newest that is kept if nothing is current', nothing, [data(4), data(3)], data(4)],
    ['may be a marker', nothing, [marker(4), data(3)], marker(4)],
    ['is none if none is kept', nothing, [], undefined],
    ['is the newest that is kept behind a link to a version', link(5), [data(4), data(3)], data(4)],
    ['may be what the link leads to', link(4), [data(4), data(3)], data(4)],
    ['is none that is newer than what was ever current', link(4), [data(5), data(3)], data(3)],
    ['is none if only such are kept', link(4), [data(5)], undefined],
    ['may be newer than a link to an older version', link(3, 5), [data(5), data(4)], data(5)],
    ['is none of those that are kept if it is the object itself', itself(5), [data(4)], undefined],
  ])('%s', (_, state, versions, current) => {
    expect(nullsOf(state, versions).current).toEqual(current);
  });

  it.each<[string, State, KeptVersion[], KeptVersion[]]>([
    ['markers, but the one that is the null version', nothing, [marker(4), marker(3)], [marker(3)]],
    [
      'markers that never were current',
      link(4),
      [marker(5), marker(4), marker(3)],
      [marker(5), marker(3)],
    ],
    ['markers older than the object itself', itself(5), [marker(4)], [marker(4)]],
    ['a copy of the object itself', itself(5), [data(5), data(4)], [data(5)]],
    ['no version of a time when something else is current', link(5), [data(5), data(4)], []],
    ['no versions', nothing, [data(4), data(3)], []],
  ])('leaves over %s', (_, state, versions, leftovers) => {
    expect(nullsOf(state, versions).leftovers).toEqual(leftovers);
  });
});

describe('a write with versions switched off', () => {
  it.each<[string, State, KeptVersion[], string[]]>([
    ['creates', nothing, [], ['forward']],
    ['replaces the object itself', itself(5), [], ['forward']],
    ['drops the null version', link(5), [data(4)], ['begin', 'forward', `drop ${id(4)}`, 'end']],
    [
      'keeps one that was left a version',
      link(5),
      [data(4), data(3)],
      ['begin', 'forward', `drop ${id(4)}`, 'end'],
    ],
    [
      'drops a marker left over',
      itself(5),
      [marker(4)],
      ['begin', 'forward', `drop ${id(4)}`, 'end'],
    ],
    [
      'drops the null version before leftovers',
      link(5),
      [marker(6), data(4), marker(3)],
      ['begin', 'forward', `drop ${id(4)}`, `drop ${id(6)}`, `drop ${id(3)}`, 'end'],
    ],
  ])('%s', (_, state, versions, steps) => {
    expect(planNullWrite(state, versions, id(8)).map(show)).toEqual(steps);
  });
});

describe('a DELETE with versions switched off', () => {
  it('writes a marker, and drops what it takes the place of', () => {
    const versions = [data(4), marker(3)];
    const over = `link_${id(5)}`;
    expect(planNullDelete(link(5), versions, id(9))).toEqual([
      {
        do: 'begin',
        unfinished: { happens: 'changed', over, adds: [id(9)], drops: [id(4), id(3)] },
      },
      { do: 'mark', id: id(9), nulls: versions },
      { do: 'forward' },
      { do: 'drop', id: id(4) },
      { do: 'drop', id: id(3) },
      { do: 'end' },
    ]);
  });

  it('of nothing has happened once its marker is there', () => {
    expect(planNullDelete(nothing, [marker(4)], id(9))[0]).toEqual({
      do: 'begin',
      unfinished: { happens: 'written', over: 'nothing', adds: [id(9)], drops: [id(4)] },
    });
  });

  it('of what has no id notes its marker', () => {
    expect(planNullDelete(itself(5), [], id(9)).map(show)).toEqual([
      'begin',
      `mark ${id(9)}`,
      'forward',
      'end',
    ]);
  });

  it('writes a marker also of nothing', () => {
    expect(planNullDelete(nothing, [], id(9))).toEqual([
      { do: 'mark', id: id(9), nulls: [] },
      { do: 'forward' },
    ]);
  });
});

describe('the heirs of a version', () => {
  it.each<[string, State, number | undefined, KeptVersion[], KeptVersion[]]>([
    ['the older ones, of a link', link(5), 5, [data(5), data(4), data(3)], [data(4), data(3)]],
    ['as far as the next marker', link(5), 5, [data(5), data(4), marker(3), data(2)], [data(4)]],
    ['none before a marker', link(5), 5, [data(5), marker(4), data(3)], []],
    ['none of another that is removed', link(5), 4, [data(5), data(4), data(3)], []],
    ['none that never was current', link(4), 4, [data(5), data(4), data(3)], [data(3)]],
    [
      'newer ones, of a link to an older version',
      link(3, 4),
      3,
      [data(5), data(4), data(3)],
      [data(4)],
    ],
    ['none of the object itself that is another', link(5), undefined, [data(5), data(4)], []],

    [
      'the older ones, of the object itself',
      itself(4),
      undefined,
      [data(5), data(3), data(2)],
      [data(3), data(2)],
    ],
    ['not a copy of the object itself', itself(4), undefined, [data(4), data(3)], [data(3)]],
    [
      'as far as a marker, of the object itself',
      itself(4),
      undefined,
      [data(3), marker(2), data(1)],
      [data(3)],
    ],
    ['none of a version beside the object itself', itself(4), 3, [data(3), data(2)], []],

    [
      'those before a marker that is current',
      nothing,
      5,
      [marker(5), data(4), data(3)],
      [data(4), data(3)],
    ],
    ['none if the marker before is current then', nothing, 5, [marker(5), marker(4), data(3)], []],
    ['none if an older marker goes', nothing, 4, [marker(5), marker(4), data(3)], []],
    ['none if an older version goes', nothing, 4, [marker(5), data(4), data(3)], []],
    [
      'those before a marker over which versions are that never were current',
      nothing,
      4,
      [data(6), data(5), marker(4), data(3)],
      [data(3)],
    ],
    ['none behind one marker of two', nothing, 3, [data(5), marker(4), marker(3), data(2)], []],
    ['none of a version under such', nothing, 4, [data(5), data(4), data(3)], []],
    ['the older ones, of the newest', nothing, 5, [data(5), data(4)], [data(4)]],
    ['none of one that is not listed', nothing, 6, [data(5), data(4)], []],
    ['none of what is not listed', nothing, undefined, [data(5), data(4)], []],
    ['none if nothing is listed', nothing, 5, [], []],
  ])('are %s', (_, state, removed, listed, heirs) => {
    expect(successorsOf(state, removed === undefined ? undefined : id(removed), listed)).toEqual(
      heirs,
    );
  });
});

function show(step: VersionStep): string {
  return 'id' in step ? `${step.do} ${step.id}` : step.do;
}
