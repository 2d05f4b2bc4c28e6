import {
  BEFORE_VERSIONS,
  afterVersions,
  containerOfVersions,
  decodeName,
  encodeName,
  isNullIndexName,
  isVersionId,
  isVersionsContainer,
  nullIndexName,
  parseVersionName,
  versionName,
  versionPrefix,
  versionsContainerOf,
} from '../../../../src/versioning/object_versioning/version_names';

const NEWER = '1700000000.00001';
const OLDER = '1700000000.00000';

describe('a versions container', () => {
  it('is beside its container, which its name tells', () => {
    expect(versionsContainerOf('c')).toBe('.hindsight-versions-c');
    expect(containerOfVersions('.hindsight-versions-c')).toBe('c');
    expect(isVersionsContainer('.hindsight-versions-c')).toBe(true);
  });

  it.each(['c', 'hindsight-versions-c', 'c.hindsight-versions-', '.hindsight-version'])(
    'is none that is named %j',
    (name) => {
      expect(containerOfVersions(name)).toBeUndefined();
      expect(isVersionsContainer(name)).toBe(false);
    },
  );
});

describe('the name of a version', () => {
  it('is as it is written down in stores: the object’s name, and what is left of time', () => {
    expect(versionName('o', NEWER)).toBe('o\x01\x018299999999.99998');
    expect(versionName('o', '9999999999.99999')).toBe('o\x01\x010000000000.00000');
    expect(versionPrefix('o')).toBe('o\x01\x01');
  });

  it.each(['o', '', 'a/b', '\x01', 'a\x01\x01b', '\x01\x02', 'o\x01'])(
    'tells object and id: %j',
    (object) => {
      expect(parseVersionName(versionName(object, NEWER))).toEqual({ object, id: NEWER });
      expect(decodeName(encodeName(object))).toBe(object);
    },
  );

  it.each([
    'o',
    '8299999999.99998',
    'o\x018299999999.99998',
    'o\x01\x018299999999.9999',
    'o\x01\x01x8299999999.99998',
    'o\x01\x018299999999.99998x',
    'o\x01\x018299999999x99998',
    nullIndexName('o'),
  ])('is not %j', (name) => {
    expect(parseVersionName(name)).toBeUndefined();
  });

  it('sorts by the object’s, and the newest first', () => {
    const objects = ['a', 'a\x01', 'a\x01\x01', 'a\x01b', 'a\x02', 'ab'];
    const names = objects.flatMap((object) => [
      versionName(object, NEWER),
      versionName(object, OLDER),
    ]);
    expect([...names].sort()).toEqual(names);
  });

  it('sorts between what stands before all versions and what stands behind the object’s', () => {
    for (const object of ['\x02', 'a', 'ÿ']) {
      for (const id of ['0000000000.00000', NEWER, '9999999999.99999']) {
        expect(versionName(object, id) > BEFORE_VERSIONS).toBe(true);
        expect(versionName(object, id) < afterVersions(object)).toBe(true);
      }
      expect(afterVersions(object) < versionName(`${object}\x01`, NEWER)).toBe(true);
    }
  });
});

describe('what tells of null versions', () => {
  it('has a name that is no version’s, before those of all versions', () => {
    expect(nullIndexName('o')).toBe('\x01\x01o\x01\x01null');
    expect(isNullIndexName(nullIndexName('o'))).toBe(true);
    expect(nullIndexName('ÿ') < BEFORE_VERSIONS).toBe(true);
  });

  it.each(['o', '\x01', '\x01\x01', 'o\x01\x01null'])(
    'is not at the name of a version of %j',
    (object) => {
      expect(isNullIndexName(versionName(object, NEWER))).toBe(false);
    },
  );
});

describe('an id', () => {
  it.each([
    [NEWER, true],
    ['null', false],
    ['700000000.00001', false],
    ['1700000000.0001', false],
    ['x1700000000.00001', false],
    ['1700000000.00001x', false],
    ['1700000000x00001', false],
    ['', false],
  ])('may be %j: %s', (text, is) => {
    expect(isVersionId(text)).toBe(is);
  });
});
