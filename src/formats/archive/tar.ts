import { Readable } from 'node:stream';
import { trimEndChars, type ByteString } from '../../http/bytes';
import type { ByteReader } from '../byte_reader';
import { MAX_ATTRIBUTES, parsePax, type PaxHeaders } from './pax';
import { BLOCK, HeaderError, parseHeader, textAt, type TarHeader } from './tar_header';
import { BrokenArchive } from './broken_archive';

/**
 * Long names and pax headers are held in memory: max bytes of those of one entry, and of
 * those for all entries. Also limits members that are not files, which are read in vain.
 */
const MAX_META = 1024 * 1024;

/** One entry of an archive. */
export interface TarEntry {
  readonly name: ByteString;
  readonly size: number;
  readonly isFile: boolean;
  /** A file stored without its zeros: the stored bytes are not its content. */
  readonly isSparse: boolean;
  readonly pax: PaxHeaders;
  readonly content: EntryContent;
}

/** The bytes of an entry, which may be read in part or not at all. */
class EntryContent extends Readable {
  /** Why the bytes could not be read. */
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

  /** Skips the rest of the entry, so that the next one can be read. */
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
    const chunk = await this.bytes.readSome(this.#left);
    if (chunk === undefined) throw new BrokenArchive('unexpected end of data');
    this.#left -= chunk.length;
    return chunk;
  }
}

/**
 * Yields the entries of a tar archive like Python's `tarfile` in stream mode: the archive
 * ends with a block of zeros, or with a damaged header unless that is the first. Unread
 * content of an entry is skipped when the next entry is requested.
 *
 * @throws BrokenArchive
 */
export async function* readTar(bytes: ByteReader): AsyncGenerator<TarEntry> {
  const global: PaxState = { attributes: new Map(), left: MAX_META };
  for (let isFirst = true; ; isFirst = false) {
    const header = await readFirstHeader(bytes, isFirst);
    if (header === undefined) return;
    const entry = await readEntry(bytes, header, global);
    if (!entry.isFile && entry.content.size > MAX_META)
      throw new BrokenArchive(`a member that is not a file has more than ${MAX_META} bytes`);
    yield entry;
    await entry.content.skip();
    await skipPadding(bytes, entry.content.size);
  }
}

/** Reads the first header of an entry; undefined at the end. */
async function readFirstHeader(
  bytes: ByteReader,
  isFirst: boolean,
): Promise<TarHeader | undefined> {
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

/** Pax attributes, and how many bytes of headers may still follow. */
interface PaxState {
  readonly attributes: Map<ByteString, ByteString>;
  left: number;
}

/**
 * Reads an entry from its first header on: long names and pax headers precede its own
 * header.
 */
async function readEntry(bytes: ByteReader, first: TarHeader, global: PaxState): Promise<TarEntry> {
  let header = first;
  let longName: ByteString | undefined;
  const local: PaxState = { attributes: new Map(), left: MAX_META };
  for (; 'LKxXg'.includes(header.type); header = await readHeader(bytes)) {
    const scope = header.type === 'g' ? global : local;
    const meta = await readMeta(bytes, header, scope);
    if (header.type === 'L') longName = textAt(meta, 0, meta.length);
    else if (header.type !== 'K')
      parsePax(meta).forEach((value, key) => scope.attributes.set(key, value));
  }
  const pax = new Map([...global.attributes, ...local.attributes]);
  if (pax.size > MAX_ATTRIBUTES) throw new BrokenArchive(`more than ${MAX_ATTRIBUTES} attributes`);
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
/** Links, devices, directories, pipes: their size is not that of content. */
const WITHOUT_CONTENT = ['1', '2', '3', '4', '5', '6'];

/** The path of a directory may end with slashes. */
function pathIn(pax: PaxHeaders): ByteString | undefined {
  const path = pax.get('path');
  return path === undefined ? undefined : trimEndChars(path, '/');
}

async function readMeta(bytes: ByteReader, { size }: TarHeader, state: PaxState): Promise<Buffer> {
  state.left -= size;
  if (state.left < 0) throw new BrokenArchive(`headers of more than ${MAX_META} bytes`);
  const meta = await bytes.read(size);
  await bytes.read(paddingOf(size));
  return meta;
}

async function skipPadding(bytes: ByteReader, size: number): Promise<void> {
  const padding = paddingOf(size);
  const skipped = await bytes.read(padding);
  if (skipped.length < padding) throw new BrokenArchive('unexpected end of data');
}

/** Content is padded to whole blocks. */
function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
