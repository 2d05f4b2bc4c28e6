import { gzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { ByteReader } from '../../../../src/formats/byte_reader';
import { readTar } from '../../../../src/formats/archive/tar';
import { unpack, type ArchiveKind } from '../../../../src/formats/archive/unpack';
import { archiveOf } from '../../../support/clients/archives';
import { runs } from '../../../support/running/runs';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size)
    yield await Promise.resolve(bytes.subarray(at, at + size));
}

/** Returns an archive's contents; with `skips`, every second file's stays unread. */
async function contents(archive: Buffer, kind: ArchiveKind = 'plain', piece = 700, skips = false) {
  const entries: { name: string; body: string | undefined; pax: Record<string, string> }[] = [];
  const bytes = unpack(new ByteReader(inPieces(archive, piece)), kind);
  for await (const { name, isFile, pax, content } of readTar(bytes)) {
    if (!isFile) continue;
    const leave = skips && entries.length % 2 === 1;
    const body = leave ? undefined : (await buffer(content)).toString();
    entries.push({ name, body, pax: Object.fromEntries(pax) });
  }
  return entries;
}

/** Makes a pax header: `x` applies to the next entry, `g` to all that follow. */
function paxHeader(type: string, value: string): Buffer {
  const record = ` k=${value}\n`;
  const content = `${record.length + 4}${record}`;
  const block = Buffer.alloc(512);
  block.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write(type, 156, 'latin1');
  block.fill(' ', 148, 156);
  const sum = block.reduce((a, b) => a + b, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([
    block,
    Buffer.from(content.padEnd(Math.ceil(content.length / 512) * 512, '\0')),
  ]);
}

const text = (from: string) => Buffer.from(from, 'base64');
/**
 * Python's bz2 of a tar archive with the file `a`, "hello\n", in two successive streams.
 */
const BZ2 = text(
  'QlpoOTFBWSZTWeftVOcAACrbhMmQQABlAAAA4kSeAAAICAggAFRWgAAGT1BKaSHqNPU0NATHyQRgMFbqCa55MCC7zQZ0MWdi1IWj2a8vJ0GijAFCL4u5IpwoSHP2qnOAQlpoOTFBWSZTWcPw/qwAABBEAMAAAAQACCAAMMwFU2pAo4PF3JFOFCQw/D+rAA==',
);
/** Sixty megabytes of zeros. */
const BZ2_ZEROS = text(
  'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZpertMgBsAOAAwAAAEAAIIAAwzAUppoAKWwgBS8XckU4UJC5+SiMA',
);

describe('a tar archive', () => {
  it('is read as tar-stream wrote it, wherever it is cut, and whatever of it is read', async () => {
    const member = fc.record({
      name: fc.stringMatching(/^[a-zé][a-zé/]{0,200}[a-zé]$/),
      body: fc.string({ unit: 'grapheme', maxLength: 1500 }),
    });
    const members = fc.array(member, { maxLength: 6 });
    const pieces = fc.integer({ min: 1, max: 5000 });
    await fc.assert(
      fc.asyncProperty(members, pieces, fc.boolean(), async (expected, piece, skips) => {
        const entries = await contents(await archiveOf(expected), 'plain', piece, skips);
        expect(entries.map(({ name }) => Buffer.from(name, 'latin1').toString())).toEqual(
          expected.map(({ name }) => name),
        );
        for (const [at, { body }] of entries.entries()) {
          if (body !== undefined) expect(body).toBe(expected[at]?.body);
        }
      }),
      { numRuns: runs(50) },
    );
  });

  it('may have other things than files, and attributes', async () => {
    const archive = await archiveOf([
      { name: 'folder', type: 'directory' },
      { name: 'link', type: 'symlink' },
      { name: 'file', body: 'x', pax: { 'SCHILY.xattr.user.meta.Food': 'bread=butter\nä' } },
      { name: 'plain', body: 'y' },
    ]);
    expect(await contents(archive)).toEqual([
      {
        name: 'file',
        body: 'x',
        pax: {
          path: 'file',
          'SCHILY.xattr.user.meta.Food': Buffer.from('bread=butter\nä').toString('latin1'),
        },
      },
      { name: 'plain', body: 'y', pax: {} },
    ]);
  });

  it('may have slashes without number in a name', async () => {
    const name = `a${'/'.repeat(1_000_000)}b`;
    const archive = await archiveOf([{ name: 'x', pax: { path: name } }]);
    expect((await contents(archive)).map((each) => each.name)).toEqual([name]);
  });

  it('says no more of its entries than can be kept', async () => {
    const said = (length: number, type: string) =>
      Array.from({ length }, (_, i) => paxHeader(type, `${'v'.repeat(8000)}${i}`));
    const [file] = [await archiveOf([{ name: 'a' }])];
    for (const type of ['g', 'x']) {
      await expect(contents(Buffer.concat([...said(200, type), file]))).rejects.toThrow(
        'headers of more than',
      );
      expect(await contents(Buffer.concat([...said(20, type), file]))).toHaveLength(1);
    }
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`k${i}`, 'v']));
    await expect(contents(await archiveOf([{ name: 'a', pax: many }]))).rejects.toThrow(
      'attributes',
    );
  });

  it('ends with its block of zeros, or with a damaged header that is not the first', async () => {
    const one = await archiveOf([{ name: 'one', body: '1' }]);
    const two = await archiveOf([{ name: 'two', body: '2' }]);
    expect(await contents(Buffer.concat([one, two]))).toMatchObject([{ name: 'one' }]);
    const damaged = Buffer.concat([one.subarray(0, 1024), Buffer.from(two).fill('x', 0, 9)]);
    expect(await contents(damaged)).toMatchObject([{ name: 'one' }]);
    await expect(contents(damaged.subarray(1024))).rejects.toThrow('bad checksum');
    await expect(contents(Buffer.alloc(600, 'x'))).rejects.toThrow('invalid header');
    await expect(contents(Buffer.alloc(6, 'x'))).rejects.toThrow('truncated header');
    await expect(contents(Buffer.alloc(0))).rejects.toThrow('empty file');
    await expect(contents(one.subarray(0, 700))).rejects.toThrow('unexpected end of data');
    await expect(contents(one.subarray(0, 700), 'plain', 700, true)).rejects.toThrow();
  });
});

describe('a compressed archive', () => {
  it('is read as what it was, of gzip the first member only', async () => {
    const archive = await archiveOf([{ name: 'a', body: 'hello\n' }]);
    const expected = [{ name: 'a', body: 'hello\n' }];
    for (const piece of [1, 7, 5000]) {
      expect(await contents(gzipSync(archive), 'gzip', piece)).toMatchObject(expected);
      expect(await contents(BZ2, 'bzip2', piece)).toMatchObject(expected);
    }
    const twice = Buffer.concat([gzipSync(archive.subarray(0, 1024)), gzipSync(archive)]);
    expect(await contents(twice, 'gzip')).toMatchObject(expected);
  });

  it('of bzip2 is expanded a little at a time', async () => {
    const bytes = unpack(new ByteReader(inPieces(BZ2_ZEROS, 5000)), 'bzip2');
    const before = process.memoryUsage().rss;
    let count = 0;
    for (
      let chunk = await bytes.readSome(Infinity);
      chunk;
      chunk = await bytes.readSome(Infinity)
    ) {
      expect(chunk.length).toBeLessThanOrEqual(64 * 1024);
      count += chunk.length;
    }
    expect(count).toBe(60_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  });

  it('that is damaged is refused, and one that breaks off ends there', async () => {
    const gzipped = gzipSync(await archiveOf([{ name: 'a', body: 'hello\n' }]));
    const damaged = (bytes: Buffer, at: number) =>
      Buffer.from(bytes).fill(bytes.readUInt8(at) ^ 0xff, at, at + 1);
    await expect(contents(damaged(gzipped, 0), 'gzip')).rejects.toThrow('not a gzip file');
    await expect(contents(damaged(gzipped, 2), 'gzip')).rejects.toThrow(
      'unsupported compression method',
    );
    await expect(contents(damaged(gzipped, 12), 'gzip')).rejects.toThrow('invalid compressed data');
    await expect(contents(gzipped.subarray(0, 20), 'gzip')).rejects.toThrow(
      /empty file|truncated header/,
    );
    for (const at of [0, 4, 12, 30, 50]) {
      await expect(contents(damaged(BZ2, at), 'bzip2')).rejects.toThrow('invalid compressed data');
    }
    await expect(contents(BZ2.subarray(0, 40), 'bzip2')).rejects.toThrow('empty file');
  });

  it('of bytes at random is refused, and never waited for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.nat(),
        async (noise, at) => {
          const start = at % BZ2.length;
          const bytes = Buffer.concat([BZ2.subarray(0, start), noise]);
          await contents(bytes, 'bzip2').catch((error: unknown) =>
            expect(error).toHaveProperty('message'),
          );
        },
      ),
      { numRuns: runs(300) },
    );
  });
});
