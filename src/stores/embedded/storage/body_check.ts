import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Transaction } from 'lmdb';
import { codeOf, messageOf } from '../../../util/errors';
import { BLOCK, type BlockSums, BlockSummer, UNVERIFIED } from './block_sums';
import type { ContentFiles } from './content_files';
import { idKey } from './keys';
import { Place, type StoredContent } from './records';
import { StorageError } from './storage_error';
import { getSums } from './sums';
import type { Tables } from './tables';
import { readVerified } from './verified_file';

/** The CRC-32 of an inline content, the checksums of the blocks of one in a file. */
export type BodySums = number | BlockSums;

/** Waits as long as the rate demands that so many bytes are read at. */
export type Pace = (bytes: number) => Promise<void>;

/** What a content's bytes are, compared with its record. */
export type BodyState =
  | { readonly state: 'right'; readonly sums: BodySums }
  /** The MD5 is right, but the checksums of the blocks are not. */
  | { readonly state: 'checksums' }
  | { readonly state: 'missing' }
  | { readonly state: 'damaged'; readonly cause: string };

/** Reads bodies as a whole and compares them with everything that is known of them. */
export class BodyCheck {
  constructor(
    private readonly tables: Tables,
    private readonly files: ContentFiles,
    private readonly snapshot?: Transaction,
    private readonly pace: Pace = () => Promise.resolve(),
  ) {}

  async judge(id: number, stored: StoredContent): Promise<BodyState> {
    const [, size, etag, place] = stored;
    try {
      const found = place === Place.Inline ? await this.#inline(id) : await this.#file(id, size);
      if (found.size !== size || found.etag !== etag)
        return { state: 'damaged', cause: `it is not the ${size} bytes with MD5 ${etag}` };
      const { sums } = found;
      return this.#sumsAreRight(id, stored, sums)
        ? { state: 'right', sums }
        : { state: 'checksums' };
    } catch (error) {
      if (codeOf(error) === 'gone') return { state: 'missing' };
      if (!isDamage(error)) throw error;
      return { state: 'damaged', cause: `it cannot be read: ${messageOf(error)}` };
    }
  }

  async #inline(id: number) {
    const where = this.snapshot && { transaction: this.snapshot };
    const bytes = this.tables.inline.get(idKey(id), where);
    if (bytes === undefined) throw new StorageError('gone', 'no bytes');
    await this.pace(bytes.length);
    const etag = createHash('md5').update(bytes).digest('hex');
    return { size: bytes.length, etag, sums: crc32(bytes) };
  }

  async #file(id: number, size: number) {
    const hash = createHash('md5');
    const summer = new BlockSummer();
    let found = 0;
    const content = { ...this.files.open(id, size), size, verifier: UNVERIFIED };
    for await (const bytes of readVerified(content)) {
      hash.update(bytes);
      summer.update(bytes);
      found += bytes.length;
      await this.pace(bytes.length);
    }
    return { size: found, etag: hash.digest('hex'), sums: summer.digest() };
  }

  #sumsAreRight(id: number, [, size, , , check]: StoredContent, sums: BodySums): boolean {
    if (check === null) return true;
    if (typeof sums === 'number') return check === sums;
    if (check !== BLOCK) return false;
    try {
      return getSums(this.tables.sums, id, 0, size - 1, this.snapshot).bytes.equals(sums.bytes);
    } catch (error) {
      if (codeOf(error) === 'corrupt') return false;
      throw error;
    }
  }
}

/** What a disk says of bytes that it has lost, or whose own checksum is wrong. */
const LOST = ['EIO', 'EBADMSG', 'EUCLEAN'];

/** Whether an error is of what is on disk: not of a limit or a right of this process, nor an abort. */
export function isDamage(error: unknown): boolean {
  if (codeOf(error) === 'corrupt') return true;
  return error instanceof StorageError && LOST.includes(codeOf(error.cause));
}
