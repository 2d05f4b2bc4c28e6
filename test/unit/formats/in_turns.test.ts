import { bunzip2 } from '../../../src/formats/archive/bunzip2';
import { readTar } from '../../../src/formats/archive/tar';
import { readNames } from '../../../src/plugin/held_names';
import { ByteReader } from '../../../src/formats/byte_reader';
import { readXml } from '../../../src/dialects/xml';
import { archiveOf, bzip2Bomb } from '../../support/clients/archives';
import { turnsDuring } from '../../support/running/turns';

const MIB = 1024 * 1024;

describe('work that waits for nothing leaves turns to others', () => {
  it('bzip2, within a block', async () => {
    const unpacked = bunzip2(ByteReader.over(bzip2Bomb()));
    const turns = await turnsDuring(() => unpacked.next());
    await unpacked.return(undefined);
    // two steps over each of 880,000 bytes, 50,000 a turn, before the first comes out
    expect(turns).toBeGreaterThan(30);
  });

  it('a document in XML', async () => {
    const document = Buffer.from(`<Tagging>${'<Tag/>'.repeat(50_000)}</Tagging>`);
    const turns = await turnsDuring(() => readXml(document, MIB, 'Tagging'));
    expect(turns).toBeGreaterThanOrEqual(Math.floor(document.length / (64 * 1024)));
  });

  it('a list of names', async () => {
    const list = Buffer.from('c/o\n'.repeat(10_000));
    let names = 0;
    const turns = await turnsDuring(async () => {
      for await (const name of readNames(list)) names += name === '' || name === 'c/o' ? 1 : 0;
    });
    expect(names).toBe(10_001);
    expect(turns).toBeGreaterThanOrEqual(10);
  });
});

describe('members of an archive that are no files', () => {
  /** Makes a member's header with another type and size. */
  async function member(type: string, size: number): Promise<Buffer> {
    const header = (await archiveOf([{ name: 'x', body: '' }])).subarray(0, 512);
    header.write(`${size.toString(8).padStart(11, '0')} `, 124, 'latin1');
    header.write(type, 156, 'latin1');
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return header;
  }

  async function* endless(first: Buffer, read: { bytes: number }): AsyncGenerator<Buffer> {
    yield await Promise.resolve(first);
    for (;;) {
      read.bytes += 64 * 1024;
      yield Buffer.alloc(64 * 1024);
    }
  }

  it.each(['x', 'g', 'L', 'D', 'V'])('have 1 MiB at most: of the type %s', async (type) => {
    const read = { bytes: 0 };
    const bytes = new ByteReader(endless(await member(type, MIB + 1), read));
    await expect(readTar(bytes).next()).rejects.toThrow(/more than 1048576 bytes/);
    expect(read.bytes).toBe(0);
  });

  it('say 1,000 things at most', async () => {
    const records = Array.from({ length: 1001 }, (_, i) => `${String(i).padStart(4, '0')}=v\n`)
      .map((each) => `${each.length + 3} ${each}`)
      .join('');
    const padding = Buffer.alloc((512 - (records.length % 512)) % 512);
    const archive = Buffer.concat([
      await member('x', records.length),
      Buffer.from(records),
      padding,
    ]);
    await expect(readTar(ByteReader.over(archive)).next()).rejects.toThrow(
      'more than 1000 attributes',
    );
  });
});
