import { pipeline, Readable } from 'node:stream';
import { constants, createInflateRaw } from 'node:zlib';
import { codeOf } from '../../util/errors';
import { bunzip2 } from './bunzip2';
import { ByteReader } from '../byte_reader';
import { BrokenArchive } from './broken_archive';

/** How an archive is compressed. */
export type ArchiveKind = 'plain' | 'gzip' | 'bzip2';

/**
 * Decompresses an archive as it is read. Truncated data just ends, as in Python's
 * `tarfile`: the reader notices what is missing.
 */
export function unpack(bytes: ByteReader, kind: ArchiveKind): ByteReader {
  if (kind === 'plain') return bytes;
  return new ByteReader(kind === 'gzip' ? gunzip(bytes) : bunzip2(bytes));
}

/** Decompresses one gzip member. Ignores its checksum, like Python's `tarfile`. */
async function* gunzip(bytes: ByteReader): AsyncGenerator<Buffer> {
  await skipGzipHeader(bytes);
  const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
  const packed = Readable.from(bytes.rest(), { objectMode: false });
  pipeline(packed, inflate, () => undefined);
  try {
    for await (const chunk of inflate) yield chunk as Buffer;
  } catch (error) {
    throw codeOf(error).startsWith('Z_') ? new BrokenArchive('invalid compressed data') : error;
  } finally {
    inflate.destroy();
    packed.destroy();
  }
}

const FLAGS = { checksum: 2, extra: 4, name: 8, comment: 16 };

async function skipGzipHeader(bytes: ByteReader): Promise<void> {
  const magic = await bytes.read(2);
  if (magic.toString('hex') !== '1f8b') throw new BrokenArchive('not a gzip file');
  const [method, flags = 0] = await bytes.read(8);
  if (method !== 8) throw new BrokenArchive('unsupported compression method');
  if (flags & FLAGS.extra) {
    const [low = 0, high = 0] = await bytes.read(2);
    await bytes.read(low + 256 * high);
  }
  if (flags & FLAGS.name) await skipText(bytes);
  if (flags & FLAGS.comment) await skipText(bytes);
  if (flags & FLAGS.checksum) await bytes.read(2);
}

/** Skips everything up to and including a NUL. */
async function skipText(bytes: ByteReader): Promise<void> {
  for (;;) {
    const [byte = 0] = await bytes.read(1);
    if (byte === 0) return;
  }
}
