import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { combineCrcs, computeCrc } from '../../../src/formats/crc';
import { parseTags } from '../../../src/buckets/tags';
import { Crc64Ecma } from '../../../src/formats/crc64';
import '../../support/running/runs';

describe('sums of parts', () => {
  it('are what they are', () => {
    const check = Buffer.from('123456789');
    expect(computeCrc('crc32', check)?.readUInt32BE()).toBe(crc32(check));
    expect(computeCrc('crc32c', check)?.toString('hex')).toBe('e3069283');
    expect(computeCrc('crc64nvme', check)?.toString('hex')).toBe('ae8b14860a799888');
    expect(computeCrc('crc64ecma', check)?.toString('hex')).toBe('995dc9bbdf1939fa');
  });

  it.each(['crc32', 'crc32c', 'crc64nvme', 'crc64ecma'])(
    'tell that of the whole: %s',
    (algorithm) => {
      fc.assert(
        fc.property(
          fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 }),
          (parts) => {
            const sums = parts.map((part) => ({
              bytes: part.length,
              sum: computeCrc(algorithm, part) ?? Buffer.alloc(0),
            }));
            expect(combineCrcs(algorithm, sums)).toEqual(
              computeCrc(algorithm, Buffer.concat(parts)),
            );
          },
        ),
      );
    },
  );
});

test('the checksum of COS is the same in whatever pieces the bytes come', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (pieces) => {
      const sum = new Crc64Ecma();
      for (const piece of pieces) sum.update(piece);
      expect(sum.digest()).toEqual(computeCrc('crc64ecma', Buffer.concat(pieces)));
    }),
  );
});

describe('tags', () => {
  it('are read as queries are', () => {
    expect(parseTags('a=1+2&b%20c=%C3%A9&d', 'tags')).toEqual([
      { key: 'a', value: '1 2' },
      { key: 'b c', value: '\xc3\xa9' },
      { key: 'd', value: '' },
    ]);
    expect(() => parseTags('a=1=2', 'tags')).toThrow('encoded');
    expect(() => parseTags('a=1&a=2', 'tags')).toThrow('same key');
    expect(() => parseTags('aws:a=1', 'tags')).toThrow('System tags');
  });
});
