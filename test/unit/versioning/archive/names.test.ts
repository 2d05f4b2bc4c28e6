import fc from 'fast-check';
import {
  archiveName,
  archivePrefix,
  formatTimestamp,
  timestampAfter,
} from '../../../../src/versioning/archive/names';
import { toBytes } from '../../../../src/http/bytes';
import '../../../support/running/runs';

describe('archive names', () => {
  it('begin with the length of the name in bytes', () => {
    expect(archivePrefix('my_object')).toBe('009my_object/');
    expect(archivePrefix(toBytes('ü'))).toBe(`002${toBytes('ü')}/`);
    expect(archivePrefix('x'.repeat(1004))).toMatch(/^3ecx+\/$/);
  });

  it('of one object are never taken for those of another', () => {
    const name = fc.string({ minLength: 1, unit: 'binary' }).map(toBytes);
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(one !== other);
        expect(archiveName(one, '1390512682.92052').startsWith(archivePrefix(other))).toBe(false);
      }),
    );
  });
});

describe('timestamps', () => {
  it('have ten digits, a point and five digits', () => {
    expect(formatTimestamp(1_390_512_682_920.52)).toBe('1390512682.92052');
    expect(formatTimestamp(1)).toBe('0000000000.00100');
  });

  it('for a marker sort after what was there, whatever the clock says', () => {
    expect(timestampAfter(1_390_512_682_920.52, undefined)).toBe('1390512682.92052');
    expect(timestampAfter(0, '1390512682.99999')).toBe('1390512683.00000');
    const time = fc.integer({ min: 0, max: 2_000_000_000_000 });
    fc.assert(
      fc.property(time, time, (now, before) => {
        const after = timestampAfter(now, formatTimestamp(before));
        expect(after > formatTimestamp(before)).toBe(true);
        expect(after).toMatch(/^\d{10}\.\d{5}$/);
      }),
    );
  });
});
