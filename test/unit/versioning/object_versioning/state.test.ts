import { withNewest } from '../../../../src/versioning/object_versioning/newest_note';
import { latest, stateOf } from '../../../../src/versioning/object_versioning/state';
import {
  versionName,
  versionsContainerOf,
} from '../../../../src/versioning/object_versioning/version_names';

const id = (n: number) => `${1_700_000_000 + n}.00000`;
const OBJECT = { account: 'a', container: 'c', object: 'o' };
const VERSIONS = versionsContainerOf('c');
const INFO = { timestamp: id(5), contentType: 'text/plain' };
const LINK = { account: 'a', container: VERSIONS, object: versionName('o', id(1)) };

const state = (info: Parameters<typeof stateOf>[2]) => stateOf(OBJECT, VERSIONS, info);

describe('the state of an object', () => {
  it('is nothing if there is none', () => {
    expect(state(undefined)).toEqual({ is: 'nothing' });
  });

  it('is null if it is no link', () => {
    expect(state(INFO)).toEqual({ is: 'null', ...INFO, isLarge: undefined });
    expect(state({ ...INFO, isLarge: true })).toEqual({ is: 'null', ...INFO, isLarge: true });
  });

  it.each([
    ['into another container', { ...LINK, container: 'c' }],
    ['into another account', { ...LINK, account: 'b' }],
    ['to a version of another object', { ...LINK, object: versionName('p', id(1)) }],
    ['to what is no version', { ...LINK, object: 'o' }],
  ])('is null if it is a link %s', (_, link) => {
    expect(state({ ...INFO, link })).toMatchObject({ is: 'null', timestamp: id(5) });
  });

  it('is the version that it links to, which is the newest if it notes no other', () => {
    const { contentType } = INFO;
    expect(state({ ...INFO, link: LINK })).toEqual({
      is: 'link',
      id: id(1),
      newest: id(1),
      contentType,
    });
  });

  it.each([
    [id(3), id(3)],
    [id(0), id(1)],
  ])('is a link that notes %s as the newest', (noted, newest) => {
    const contentType = withNewest('text/plain', noted);
    expect(state({ ...INFO, contentType, link: LINK })).toMatchObject({ id: id(1), newest });
  });
});

describe('the later of two ids', () => {
  it.each([
    [id(1), undefined, id(1)],
    [id(1), id(2), id(2)],
    [id(2), id(1), id(2)],
    [id(2), id(2), id(2)],
  ])('of %s and %s is %s', (one, other, expected) => {
    expect(latest(one, other)).toBe(expected);
  });
});
