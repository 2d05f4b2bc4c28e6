import fc from 'fast-check';
import { isText } from '../../../src/http/bytes';

describe('isText', () => {
  const decodes = (bytes: string) => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
      return true;
    } catch {
      return false;
    }
  };

  it('is true of what decodes as UTF-8, and has no NUL', () => {
    const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
    const text = fc.string({ unit: 'binary' }).map((each) => Buffer.from(each).toString('latin1'));
    const bytes = fc.oneof(
      text,
      fc.string({ unit: byte }),
      fc.tuple(text, byte).map((each) => each.join('')),
    );
    fc.assert(
      fc.property(bytes, (each) => {
        expect(isText(each)).toBe(!each.includes('\0') && decodes(each));
      }),
    );
  });

  it.each([
    ['', true],
    ['a\0', false],
    ['\xef\xbb\xbf', true],
    ['\xed\xa0\x80', false],
    ['\xc0\x80', false],
    ['\xf4\x90\x80\x80', false],
    ['\xe2\x82', false],
  ])('of %j is %s', (bytes, expected) => {
    expect(isText(bytes)).toBe(expected);
  });
});
