import type { ByteString } from '../../http/bytes';
import { BrokenArchive } from './broken_archive';

export const BLOCK = 512;

/** A header that is none; after the first it ends an archive. */
export class HeaderError extends BrokenArchive {}

/** What the header block of an archive's entry says. */
export interface TarHeader {
  readonly name: ByteString;
  /** One character; `5` also for a directory that is only told by the slash at the end of its name. */
  readonly type: string;
  readonly size: number;
  /** Whether further header blocks follow, with the map of a sparse file. */
  readonly isExtended: boolean;
}

/** Fields that must be numbers, though only the size is of interest. */
const NUMBERS = [
  [100, 8],
  [108, 8],
  [116, 8],
  [136, 12],
  [329, 8],
  [337, 8],
] as const;

/**
 * Reads a header as Python's `TarInfo.frombuf` does.
 *
 * @throws HeaderError with its words
 */
export function parseHeader(block: Buffer): TarHeader {
  const checksum = numberAt(block, 148, 8);
  if (!checksums(block).includes(checksum)) throw new HeaderError('bad checksum');
  for (const [start, length] of NUMBERS) numberAt(block, start, length);
  const size = numberAt(block, 124, 12);
  if (size < 0) throw new HeaderError('invalid header');
  const own = textAt(block, 0, 100);
  const prefix = textAt(block, 345, 155);
  const type = block.toString('latin1', 156, 157);
  const name = prefix !== '' && !'LKS'.includes(type) ? `${prefix}/${own}` : own;
  const isDirectory = type === '\0' && own.endsWith('/');
  return {
    name,
    type: isDirectory ? '5' : type,
    size,
    isExtended: type === 'S' && block[482] === 1,
  };
}

/** The sums of all bytes, their own field counted as blanks; some writers took bytes for signed. */
function checksums(block: Buffer): number[] {
  let unsigned = 8 * 0x20;
  let signed = unsigned;
  for (let at = 0; at < BLOCK; at++) {
    if (at >= 148 && at < 156) continue;
    unsigned += block.readUInt8(at);
    signed += block.readInt8(at);
  }
  return [unsigned, signed];
}

/** Octal digits, or the number itself behind a byte that tells so. */
function numberAt(block: Buffer, start: number, length: number): number {
  const first = block[start];
  if (first === 0o200 || first === 0o377) {
    const bytes = block.subarray(start + 1, start + length);
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    return first === 0o377 ? value - 256 ** (length - 1) : value;
  }
  const text = textAt(block, start, length).trim();
  if (!/^[0-7]*$/.test(text)) throw new HeaderError('invalid header');
  return text === '' ? 0 : parseInt(text, 8);
}

/** What stands before the first byte 0. */
export function textAt(block: Buffer, start: number, length: number): ByteString {
  const text = block.toString('latin1', start, start + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
