import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ByteReader } from '../byte_reader';
import { BitReader, OutOfBytes } from './bit_reader';
import { BZIP2, readBlock, type Block } from './bzip2_block';
import { BrokenArchive } from './broken_archive';

const CHUNK = 64 * 1024;

/**
 * Decompresses bzip2 block by block. Holds at most one block, both compressed and
 * decompressed, and one chunk of output. (A block of 40 bytes can expand to 45
 * megabytes.) Data that breaks off within a block ends before that block.
 *
 * @throws BrokenArchive if it is not bzip2
 */
export async function* bunzip2(bytes: ByteReader): AsyncGenerator<Buffer> {
  const bits = new BitReader(bytes);
  try {
    for (;;) {
      await bits.fill(BZIP2.headBytes);
      if (bits.isAtEnd) return;
      const level = readHead(bits);
      while (await readMagic(bits, level))
        yield* expand(await readBlock(bits, level * BZIP2.blockUnit));
      bits.alignToByte();
    }
  } catch (error) {
    if (error instanceof OutOfBytes) return;
    throw error;
  }
}

function readHead(bits: BitReader): number {
  const magic = bits.read(24);
  const level = bits.read(8) - 0x30;
  if (magic !== BZIP2.magic || level < 1 || level > 9)
    throw new BrokenArchive('invalid compressed data');
  return level;
}

/**
 * Whether a block follows. Otherwise the stream ends; its checksum is that of its blocks,
 * which have been checked.
 */
async function readMagic(bits: BitReader, level: number): Promise<boolean> {
  await bits.fill(level * BZIP2.blockUnit * 2);
  const magic = [bits.read(24), bits.read(24)].join();
  if (magic === BZIP2.blockMagic.join()) return true;
  if (magic !== BZIP2.endMagic.join()) throw new BrokenArchive('invalid compressed data');
  bits.read(16);
  bits.read(16);
  return false;
}

/**
 * Undoes the first step of bzip2: after four equal bytes, a fifth is the number of
 * further ones.
 */
async function* expand({ bytes, checksum }: Block): AsyncGenerator<Buffer> {
  let chunk = Buffer.alloc(CHUNK);
  let at = 0;
  let crc = -1;
  let equal = 0;
  let previous = -1;
  for (const byte of bytes) {
    const isCount = equal === 4;
    const value = isCount ? previous : byte;
    for (let copies = isCount ? byte : 1; copies > 0; copies--) {
      crc = (crc << 8) ^ (CRC[(crc >>> 24) ^ value] ?? 0);
      chunk[at++] = value;
      if (at < CHUNK) continue;
      yield chunk;
      // let others have a turn, however much a few bytes expand to
      await nextTurn();
      chunk = Buffer.alloc(CHUNK);
      at = 0;
    }
    equal = isCount ? 0 : byte === previous ? equal + 1 : 1;
    previous = isCount ? -1 : byte;
  }
  if (~crc !== checksum) throw new BrokenArchive('invalid compressed data');
  await nextTurn();
  yield chunk.subarray(0, at);
}

/** Table of a CRC-32 whose highest bit comes first. */
const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});
