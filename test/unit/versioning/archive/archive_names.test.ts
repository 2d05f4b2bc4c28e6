import {
  archiveName,
  archivePrefix,
  formatTimestamp,
  isTimestamp,
  isWholeSecond,
  nextTimestamp,
  timestampAfter,
  timestampOf,
} from '../../../../src/versioning/archive/names';

describe('the name of an entry', () => {
  it('is the length of the object’s name in three hex digits, its name, and the timestamp', () => {
    expect(archivePrefix('o')).toBe('001o/');
    expect(archivePrefix('x'.repeat(26))).toBe(`01a${'x'.repeat(26)}/`);
    expect(archiveName('o', '0000000005.00000')).toBe('001o/0000000005.00000');
  });

  it('returns the timestamp after the last slash', () => {
    expect(timestampOf('003a/b/0000000005.00000')).toBe('0000000005.00000');
    expect(timestampOf('0000000005.00000')).toBe('0000000005.00000');
  });
});

describe('a timestamp', () => {
  it.each([
    ['0000000005.00000', true],
    ['0000000005.00000_0000000000000001', true],
    ['000000005.00000', false],
    ['0000000005.0000', false],
    ['0000000005-00000', false],
    ['x0000000005.00000', false],
    ['000000000x.00000', false],
    ['0000000005.0000x', false],
    ['', false],
  ])('may be %j: %s', (text, is) => {
    expect(isTimestamp(text)).toBe(is);
  });

  it.each([
    [0, '0000000000.00000'],
    [1000, '0000000001.00000'],
    [1_700_000_000_123.45, '1700000000.12345'],
  ])('of %d milliseconds is %s', (milliseconds, timestamp) => {
    expect(formatTimestamp(milliseconds)).toBe(timestamp);
  });

  it.each([
    ['0000000005.00000', '0000000005.00001'],
    ['0000000005.99999', '0000000006.00000'],
    ['0000000005.1', '0000000005.10001'],
    ['0000000005', '0000000005.00001'],
    ['5', '0000000005.00001'],
    ['0000000005.000019', '0000000005.00002'],
  ])('next after %s is %s', (after, next) => {
    expect(nextTimestamp(after)).toBe(next);
  });

  it.each([
    ['is now if nothing was before', undefined, '0000000005.00000'],
    ['is now if that is later', '0000000004.99999', '0000000005.00000'],
    ['is the next of now', '0000000005.00000', '0000000005.00001'],
    ['is the next of what is ahead', '0000000006.00000', '0000000006.00001'],
  ])('that sorts after another %s', (_, after, timestamp) => {
    expect(timestampAfter(5000, after)).toBe(timestamp);
  });

  it.each([
    ['0000000005.00000', true],
    ['0000000005.', true],
    ['0000000005', true],
    ['0000000005.00001', false],
    ['0000000005.10000', false],
    ['0000000000.00001', false],
  ])('%s may be of a whole second: %s', (timestamp, is) => {
    expect(isWholeSecond(timestamp)).toBe(is);
  });
});
