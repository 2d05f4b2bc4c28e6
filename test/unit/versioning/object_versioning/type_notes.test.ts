import { newestIn, withNewest } from '../../../../src/versioning/object_versioning/newest_note';
import {
  idsInNullIndex,
  nullIndexType,
  nullIdIn,
  nullMarkerType,
  withNullNote,
} from '../../../../src/versioning/object_versioning/null_versions/null_note';
import { VERSION_MARKER_TYPE } from '../../../../src/swift_api/markers';

const ID = '1700000000.00001';
const OTHER = '1600000000.00000';

describe.each([
  ['the newest version', 'hindsight_newest', newestIn, withNewest],
  ['a null version', 'hindsight_null', nullIdIn, withNullNote],
])('a content type that notes %s', (_, name, noted, noting) => {
  it('has the id at its end', () => {
    expect(noting('text/plain;charset=utf-8', ID)).toBe(`text/plain;charset=utf-8;${name}=${ID}`);
  });

  it('has it once: a note of another id is replaced', () => {
    expect(noting(`text/plain; ${name}=${OTHER};a=b`, ID)).toBe(`text/plain;a=b;${name}=${ID}`);
  });

  it.each([
    [`text/plain;${name}=${ID}`, ID],
    [`text/plain; ${name}=${ID};a=b`, ID],
    [`text/plain;  ${name}=${ID}`, ID],
    ['text/plain', undefined],
    [`text/plain ${name}=${ID}`, undefined],
    [`text/plain;x${name}=${ID}`, undefined],
    [`text/plain;${name}=x${ID}`, undefined],
    [`text/plain;${name}=700000000.00001`, undefined],
    [`text/plain;${name}=1700000000.0001`, undefined],
    [`text/plain;${name}=1700000000x00001`, undefined],
    [`text/plain;${name}=`, undefined],
  ])('is told by %j: %s', (type, id) => {
    expect(noted(type)).toBe(id);
  });
});

describe('a content type of a link to the newest version', () => {
  it('has no note, nor one that was there', () => {
    expect(withNewest('text/plain', undefined)).toBe('text/plain');
    expect(withNewest(`text/plain;hindsight_newest=${ID};a=b`, undefined)).toBe('text/plain;a=b');
  });
});

describe('the content type of a marker that is a null version', () => {
  it('is that of markers, with the note', () => {
    expect(nullMarkerType(ID)).toBe(`${VERSION_MARKER_TYPE};hindsight_null=${ID}`);
  });
});

describe('the content type of what tells of null versions', () => {
  it('tells their ids', () => {
    expect(nullIndexType([ID, OTHER])).toBe(
      `application/x-null-versions;hindsight_nulls=${ID}_${OTHER}`,
    );
    expect(idsInNullIndex(nullIndexType([ID, OTHER]))).toEqual([ID, OTHER]);
  });

  it('tells none if it is another', () => {
    expect(idsInNullIndex('text/plain')).toEqual([]);
    expect(idsInNullIndex(`text/plain;application/x-null-versions;hindsight_nulls=${ID}`)).toEqual(
      [],
    );
  });

  it('has room for a hundred, the first ones', () => {
    const ids = Array.from(
      { length: 101 },
      (_, i) => `17000000${String(i).padStart(2, '0')}.00000`,
    );
    expect(idsInNullIndex(nullIndexType(ids))).toEqual(ids.slice(0, 100));
  });
});
