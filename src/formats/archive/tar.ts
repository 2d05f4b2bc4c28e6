import { Readable } from 'node:stream';
import { trimmedEnd, type ByteString } from '../../http/bytes';
import type { ByteReader } from '../byte_reader';
import { MAX_SAID, parsePax, type PaxHeaders } from './pax';
import { BLOCK, HeaderError, parseHeader, textAt, type TarHeader } from './tar_header';
import { BrokenArchive } from './broken_archive';

/**
 * Long names and pax headers are kept: so many bytes those of an entry may have in all, and those for all entries. A
 * member that is no file may have as many: it is read for nothing.
 */
const MAX_META = 1024 * 1024;

/** One entry of an archive. */
export interface TarEntry {
  readonly name: ByteString;
  readonly size: number;
  readonly isFile: boolean;
  /** A file that leaves its zeros out: what is stored of it is not its content. */
  readonly isSparse: boolean;
  readonly pax: PaxHeaders;
  readonly content: EntryContent;
}

/** The bytes of an entry, which may be read in part or not at all. */
export class EntryContent extends Readable {
  /** Why they could not be read. */
  failure: Error | undefined;
  #reading: Promise<void> = Promise.resolve();
  #left: number;

  constructor(
    private readonly bytes: ByteReader,
    readonly size: number,
  ) {
    super();
    this.#left = size;
    this.on('error', () => undefined);
  }

  override _read(): void {
    this.#reading = this.#pull().catch((error: unknown) => {
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.destroy(this.failure);
    });
  }

  /** Leaves the rest of the entry, so that the next one can be read. */
  async skip(): Promise<void> {
    this.destroy();
    await this.#reading;
    if (this.failure) throw this.failure;
    while (this.#left > 0) await this.#take();
  }

  async #pull(): Promise<void> {
    if (this.#left > 0) this.push(await this.#take());
    if (this.#left === 0) this.push(null);
  }

  async #take(): Promise<Buffer> {
    const chunk = await this.bytes.some(this.#left);
    if (chunk === undefined) throw new BrokenArchive('unexpected end of data');
    this.#left -= chunk.length;
    return chunk;
  }
}

/**
 * The entries of a tar archive, as Python's `tarfile` finds them when it reads a stream: the archive ends with a block of zeros, or
 * with a header that is damaged, unless that is the first. What of an entry's content is not read is skipped when the next is asked for.
 *
 * @throws BrokenArchive
 */
export async function* readTar(bytes: ByteReader): AsyncGenerator<TarEntry> {
  const global: Said = { said: new Map(), left: MAX_META };
  for (let isFirst = true; ; isFirst = false) {
    const header = await readFirstOf(bytes, isFirst);
    if (header === undefined) return;
    const entry = await readEntry(bytes, header, global);
    if (!entry.isFile && entry.content.size > MAX_META)
      throw new BrokenArchive(`a member that is no file has more than ${MAX_META} bytes`);
    yield entry;
    await entry.content.skip();
    await skipPadding(bytes, entry.content.size);
  }
}

/** The first of an entry's headers; undefined at the end. */
async function readFirstOf(bytes: ByteReader, isFirst: boolean): Promise<TarHeader | undefined> {
  try {
    return await readHeader(bytes);
  } catch (error) {
    if (!(error instanceof HeaderError)) throw error;
    if (!isFirst || error.message === ENDED) return undefined;
    throw error.message === MISSING ? new BrokenArchive('empty file') : error;
  }
}

const ENDED = 'end of file header';
const MISSING = 'empty header';

async function readHeader(bytes: ByteReader): Promise<TarHeader> {
  const block = await bytes.read(BLOCK);
  if (block.length === 0) throw new HeaderError(MISSING);
  if (block.length < BLOCK) throw new HeaderError('truncated header');
  if (block.every((byte) => byte === 0)) throw new HeaderError(ENDED);
  return parseHeader(block);
}

/** What pax headers say, and how many bytes those may still have. */
interface Said {
  readonly said: Map<ByteString, ByteString>;
  left: number;
}

/** An entry, from its first header: long names and pax headers stand before the entry's own. */
async function readEntry(bytes: ByteReader, first: TarHeader, global: Said): Promise<TarEntry> {
  let header = first;
  let longName: ByteString | undefined;
  const local: Said = { said: new Map(), left: MAX_META };
  for (; 'LKxXg'.includes(header.type); header = await readHeader(bytes)) {
    const where = header.type === 'g' ? global : local;
    const meta = await readMeta(bytes, header, where);
    if (header.type === 'L') longName = textAt(meta, 0, meta.length);
    else if (header.type !== 'K')
      parsePax(meta).forEach((value, key) => where.said.set(key, value));
  }
  const pax = new Map([...global.said, ...local.said]);
  if (pax.size > MAX_SAID) throw new BrokenArchive(`more than ${MAX_SAID} attributes`);
  for (let more = header.isExtended; more;) more = (await bytes.read(BLOCK))[504] === 1;
  const size = /^\d+$/.test(pax.get('size') ?? '') ? Number(pax.get('size')) : header.size;
  const name = pathIn(pax) ?? longName ?? header.name;
  return {
    name,
    size,
    isFile: FILES.includes(header.type),
    isSparse: header.type === 'S' || [...pax.keys()].some((key) => key.startsWith('GNU.sparse.')),
    pax,
    content: new EntryContent(bytes, WITHOUT_CONTENT.includes(header.type) ? 0 : size),
  };
}

const FILES = ['0', '\0', '7', 'S'];
/** Links, devices, directories, pipes: their size is that of something else. */
const WITHOUT_CONTENT = ['1', '2', '3', '4', '5', '6'];

/** A directory's may end with slashes. */
function pathIn(pax: PaxHeaders): ByteString | undefined {
  const path = pax.get('path');
  return path === undefined ? undefined : trimmedEnd(path, '/');
}

async function readMeta(bytes: ByteReader, { size }: TarHeader, said: Said): Promise<Buffer> {
  said.left -= size;
  if (said.left < 0) throw new BrokenArchive(`headers of more than ${MAX_META} bytes`);
  const meta = await bytes.read(size);
  await bytes.read(paddingOf(size));
  return meta;
}

async function skipPadding(bytes: ByteReader, size: number): Promise<void> {
  const padding = paddingOf(size);
  const skipped = await bytes.read(padding);
  if (skipped.length < padding) throw new BrokenArchive('unexpected end of data');
}

/** Contents fill whole blocks. */
function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
