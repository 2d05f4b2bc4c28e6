import fc from 'fast-check';
import { ByteReader } from '../../../../src/formats/byte_reader';
import { readNames } from '../../../../middleware/bulk/names';
import { quote } from '../../../../src/http/bytes';
import '../../../support/running/runs';

/** A body in pieces that end at the cuts. */
async function* inPieces(body: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const ends = [...cuts.map((cut) => cut % (body.length + 1)), body.length].sort((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    yield await Promise.resolve(body.subarray(start, end));
    start = end;
  }
}

const read = (body: string, max = 10_000, cuts: readonly number[] = []) =>
  readNames(new ByteReader(inPieces(Buffer.from(body, 'latin1'), cuts)), max);

const latin1 = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));

describe('the names of a bulk delete', () => {
  it('are what was encoded, wherever the body is cut', async () => {
    const bodies = fc.array(
      latin1.filter((name) => name !== ''),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(bodies, fc.array(fc.nat(), { maxLength: 8 }), async (names, cuts) => {
        const body = names.map((name) => `${quote(name)}\n`).join('');
        expect(await read(body, 60, cuts)).toEqual(names);
      }),
    );
  });

  it('do not depend on the cuts, whatever the body', async () => {
    await fc.assert(
      fc.asyncProperty(latin1, fc.array(fc.nat(), { maxLength: 8 }), async (body, cuts) => {
        expect(await read(body, 100, cuts)).toEqual(await read(body, 100));
      }),
    );
  });

  it.each([
    ['a/b', ['a/b']],
    [' a/b \r\n\tc\n', ['a/b', 'c']],
    ['a%20/%0A\n', ['a /\n']],
    ['a/%zz', ['a/%zz']],
    ['\xe0\xa0\n', ['\xe0\xa0']],
    ['a\n\n\n', ['a', '', '']],
    ['', []],
  ])('in %j are %j', async (body, names) => {
    expect(await read(body)).toEqual(names);
  });

  it('are refused if they are too many, blank lines counted, or too long', async () => {
    await expect(read('a\nb\n\n', 3)).resolves.toHaveLength(3);
    await expect(read('a\nb\n\nc', 3)).rejects.toMatchObject({
      status: 413,
      text: 'Maximum Bulk Deletes: 3 per request',
    });
    await expect(read('a'.repeat(3000))).rejects.toMatchObject({
      status: 400,
      text: 'Invalid File Name',
    });
  });
});
