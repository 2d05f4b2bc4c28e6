import {
  planDelete,
  planOverwrite,
  planRemoval,
  planRestore,
  planWrite,
} from '../../../../src/versioning/object_versioning/plan_versions';
import { latest, stateOf, type State } from '../../../../src/versioning/object_versioning/state';
import { versionName } from '../../../../src/versioning/object_versioning/version_names';

const OBJECT = { account: 'a', container: 'c', object: 'o' };
const VERSIONS = 'versions';
const id = (second: number) => `000000000${second}.00000`;
const nulls = [{ id: id(1), isMarker: false }];

const nothing: State = { is: 'nothing' };
const itself: State = { is: 'null', timestamp: id(5), contentType: 'text/plain' };
const link: State = { is: 'link', id: id(5), newest: id(5), contentType: 'text/plain' };
const keep = { do: 'keep', id: id(5), nulls };
const end = { do: 'end' };
const begin = (happens: string, over: string, more: { adds?: string[]; drops?: string[] }) => ({
  do: 'begin',
  unfinished: { happens, over, adds: [], drops: [], ...more },
});

describe('an object of a container with ids', () => {
  const info = { timestamp: id(7), contentType: 'text/plain' };
  const version = { account: 'a', container: VERSIONS, object: versionName('o', id(5)) };

  it('is nothing if nothing is known of it', () => {
    expect(stateOf(OBJECT, VERSIONS, undefined)).toEqual({ is: 'nothing' });
  });

  it('is a link if it leads to a version of its own', () => {
    expect(stateOf(OBJECT, VERSIONS, { ...info, link: version })).toEqual({
      is: 'link',
      id: id(5),
      newest: id(5),
      contentType: 'text/plain',
    });
  });

  it.each([
    [6, 6],
    [4, 5],
  ])('notes the newest version if that is later than the linked one: %d', (noted, newest) => {
    const contentType = `text/plain;hindsight_newest=${id(noted)}`;
    expect(stateOf(OBJECT, VERSIONS, { ...info, contentType, link: version })).toEqual({
      is: 'link',
      id: id(5),
      newest: id(newest),
      contentType,
    });
  });

  it.each([
    ['data', undefined],
    ['a link to another container', { ...version, container: 'other' }],
    ['a link to another account', { ...version, account: 'other' }],
    ['a link to a version of another object', { ...version, object: versionName('other', id(5)) }],
    ['a link to what is no version', { ...version, object: 'o' }],
  ])('is a null version if it is %s', (_, target) => {
    const object = { ...info, isLarge: true, ...(target && { link: target }) };
    expect(stateOf(OBJECT, VERSIONS, object)).toEqual({
      is: 'null',
      timestamp: id(7),
      contentType: 'text/plain',
      isLarge: true,
    });
  });
});

describe('the later of two ids', () => {
  it.each([
    [5, 6, 6],
    [6, 5, 6],
    [5, 5, 5],
    [5, undefined, 5],
  ])('of %s and %s is %s', (one, other, later) => {
    expect(latest(id(one), other === undefined ? undefined : id(other))).toBe(id(later));
  });
});

const itsKey = `null_${id(5)}`;

describe.each([
  ['of nothing', nothing, [], [begin('linked', 'nothing', { adds: [id(9)] })], []],
  ['of a link', link, [], [], []],
  [
    'of what has no id',
    itself,
    [keep],
    [begin('linked', itsKey, { adds: [id(5), id(9)] })],
    [begin('changed', itsKey, { adds: [id(5), id(9)] })],
  ],
])('the plan %s', (_, state, records, writing, deleting) => {
  const [before, after] =
    state.is === 'null'
      ? [[begin('changed', itsKey, { adds: [id(5)] }), ...records], [end]]
      : [records, []];

  it('for a write is a version, and a link to it', () => {
    const steps = [...writing, ...records, { do: 'write', id: id(9) }, { do: 'point', id: id(9) }];
    expect(planWrite(state, nulls, id(9))).toEqual([
      ...steps,
      ...(writing.length > 0 ? [end] : []),
    ]);
  });

  it('for what cannot be sent elsewhere is to let it through', () => {
    expect(planOverwrite(state, nulls)).toEqual([...before, { do: 'forward' }, ...after]);
  });

  it('for a DELETE is a marker before it is let through', () => {
    const steps = [...deleting, ...records, { do: 'mark', id: id(9) }, { do: 'forward' }];
    expect(planDelete(state, nulls, id(9))).toEqual([...steps, ...after]);
  });

  it('to restore a version is a link to it, with a note of a newer one', () => {
    const steps = [...before, { do: 'point', id: id(3), newest: id(4) }, ...after];
    expect(planRestore(state, nulls, id(3), id(4))).toEqual(steps);
  });

  it('to restore the newest version is a link without a note', () => {
    const steps = [...before, { do: 'point', id: id(3) }, ...after];
    expect(planRestore(state, nulls, id(3), id(3))).toEqual(steps);
  });
});

describe('the removal of a version', () => {
  it.each([
    [
      'lets the link go first if that leads to it',
      link,
      5,
      [
        begin('changed', `link_${id(5)}`, { drops: [id(5)] }),
        { do: 'forward' },
        { do: 'drop', id: id(5) },
        end,
      ],
    ],
    ['leaves a link to another', link, 4, [{ do: 'drop', id: id(4) }]],
    ['leaves what has no id', itself, 5, [{ do: 'drop', id: id(5) }]],
    ['drops it if nothing is current', nothing, 5, [{ do: 'drop', id: id(5) }]],
  ])('%s', (_, state, removed, steps) => {
    expect(planRemoval(state, id(removed))).toEqual(steps);
  });
});
