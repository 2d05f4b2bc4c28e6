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

/** The CRC-32 of an inline content, or the block checksums of one in a file. */
export type BodySums = number | BlockSums;

/** Delays the caller so that reading `bytes` stays within the rate. */
export type Pace = (bytes: number) => Promise<void>;

/** How a content's bytes compare with its record. */
export type BodyState =
  | { readonly state: 'right'; readonly sums: BodySums }
  /** The MD5 matches, but the block checksums do not. */
  | { readonly state: 'checksums' }
  | { readonly state: 'missing' }
  | { readonly state: 'damaged'; readonly cause: string };

/** Reads whole bodies and compares them with their records and checksums. */
export class BodyCheck {
  constructor(
    private readonly tables: Tables,
    private readonly files: ContentFiles,
    private readonly snapshot?: Transaction,
    private readonly pace: Pace = () => Promise.resolve(),
  ) {}

  async check(id: number, stored: StoredContent): Promise<BodyState> {
    const [, size, etag, place] = stored;
    try {
      const body = place === Place.Inline ? await this.#inline(id) : await this.#file(id, size);
      if (body.size !== size || body.etag !== etag)
        return {
          state: 'damaged',
          cause: `its bytes do not match its size, ${size}, and MD5, ${etag}`,
        };
      const { sums } = body;
      return this.#sumsMatch(id, stored, sums) ? { state: 'right', sums } : { state: 'checksums' };
    } catch (error) {
      if (codeOf(error) === 'gone') return { state: 'missing' };
      if (!isDamage(error)) throw error;
      return { state: 'damaged', cause: `it cannot be read: ${messageOf(error)}` };
    }
  }

  async #inline(id: number) {
    const options = this.snapshot && { transaction: this.snapshot };
    const bytes = this.tables.inline.get(idKey(id), options);
    if (bytes === undefined) throw new StorageError('gone', 'no bytes');
    await this.pace(bytes.length);
    const etag = createHash('md5').update(bytes).digest('hex');
    return { size: bytes.length, etag, sums: crc32(bytes) };
  }

  async #file(id: number, size: number) {
    const hash = createHash('md5');
    const summer = new BlockSummer();
    let length = 0;
    const content = { ...this.files.open(id, size), size, verifier: UNVERIFIED };
    for await (const bytes of readVerified(content)) {
      hash.update(bytes);
      summer.update(bytes);
      length += bytes.length;
      await this.pace(bytes.length);
    }
    return { size: length, etag: hash.digest('hex'), sums: summer.digest() };
  }

  #sumsMatch(id: number, [, size, , , check]: StoredContent, sums: BodySums): boolean {
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

/** Disk errors for lost bytes or bytes that fail the disk's own checksum. */
const DAMAGE_CODES = ['EIO', 'EBADMSG', 'EUCLEAN'];

/**
 * Whether an error comes from the data on disk rather than from a limit or permission of
 * this process, or an abort.
 */
export function isDamage(error: unknown): boolean {
  if (codeOf(error) === 'corrupt') return true;
  return error instanceof StorageError && DAMAGE_CODES.includes(codeOf(error.cause));
}
