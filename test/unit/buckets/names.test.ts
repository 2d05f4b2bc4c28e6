import { isBucketName, isNewBucketName } from '../../../src/buckets/bucket';
import { modifiedOf } from '../../../src/buckets/entries';
import {
  checksumHeaders,
  checksumsIn,
  metadataHeaders,
  metadataIn,
} from '../../../src/buckets/metadata';
import { checkVersionId } from '../../../src/buckets/versions';
import { Headers } from '../../../src/http/headers';

describe('names of buckets', () => {
  test.each(['abc', 'a-b', 'my.bucket', '1a2', 'a'.repeat(63), 'a--b'])('%s is one', (name) => {
    expect(isNewBucketName(name)).toBe(true);
  });

  test.each([
    'ab',
    'a'.repeat(64),
    'A-b',
    'a_b',
    '-ab',
    'ab-',
    'a..b',
    'a.-b',
    'a-.b',
    '.ab',
    'ab.',
    '192.168.1.1',
  ])('%s is none for a new one', (name) => {
    expect(isNewBucketName(name)).toBe(false);
  });

  it('include names that containers could once have, but not hidden ones', () => {
    expect(isBucketName('My_Container')).toBe(true);
    for (const name of ['bucket+segments', '.hindsight-versions-bucket', 'a/b', 'b\xc3\xa9', 'ab'])
      expect(isBucketName(name)).toBe(false);
  });
});

describe('metadata', () => {
  it('has names whose underscores are no hyphens', () => {
    const metadata = [
      ['foo-bar', '1'],
      ['foo_bar', '2'],
      ['a%5fb', '3'],
    ] as const;
    const stored = metadataHeaders(metadata);
    expect([...stored.entries()].every(([name]) => name.startsWith('x-object-meta-'))).toBe(true);
    expect(metadataIn(stored)).toEqual(metadata);
    expect(metadataIn(Headers.of({ 'X-Object-Meta-Foo%5Fbar': '2' }))).toEqual([['foo_bar', '2']]);
  });

  it('has none of what the proxy keeps', () => {
    expect(metadataIn(checksumHeaders(new Map([['crc32', 'AAAAAA==']])))).toEqual([]);
    expect(() => metadataHeaders([['Hindsight-S3-Tags-0', 'x']])).toThrow('reserved');
    expect(() => metadataHeaders([['hindsight_s3', 'x']])).not.toThrow();
  });

  it('keeps checksums', () => {
    const sums = new Map([['crc32c', 'AAAAAA==']]);
    expect(checksumsIn(checksumHeaders(sums))).toEqual(sums);
  });
});

test('versions have ids like the store’s', () => {
  expect(checkVersionId('null', 'versionId')).toBe('null');
  expect(checkVersionId('1605222333.12345', 'versionId')).toBe('1605222333.12345');
  expect(() => checkVersionId('', 'versionId')).toThrow('cannot be the empty string');
  for (const id of ['1', 'bogus', '1605222333.123456', 'NULL'])
    expect(() => checkVersionId(id, 'versionId')).toThrow('Invalid version id specified');
});

test('times are whole seconds, as Last-Modified has them', () => {
  const time = (last_modified?: string) => new Date(modifiedOf({ last_modified })).toISOString();
  expect(time('2026-11-21T12:00:00.000000')).toBe('2026-11-21T12:00:00.000Z');
  expect(time('2026-11-21T12:00:00')).toBe('2026-11-21T12:00:00.000Z');
  expect(time('2026-11-21T12:00:00.000010')).toBe('2026-11-21T12:00:01.000Z');
  expect(time()).toBe('1970-01-01T00:00:00.000Z');
});
