import type { ByteString } from '../../http/bytes';
import { BrokenArchive } from './broken_archive';

export const BLOCK = 512;

/** An invalid header; anywhere but at the start it ends the archive. */
export class HeaderError extends BrokenArchive {}

/** The header block of an entry. */
export interface TarHeader {
  readonly name: ByteString;
  /**
   * One character; also `5` for a directory recognizable only by the slash after its
   * name.
   */
  readonly type: string;
  readonly size: number;
  /** Whether further header blocks follow, with the map of a sparse file. */
  readonly isExtended: boolean;
}

/** Fields that must be numbers although only the size is used. */
const NUMBERS = [
  [100, 8],
  [108, 8],
  [116, 8],
  [136, 12],
  [329, 8],
  [337, 8],
] as const;

/**
 * Parses a header like Python's `TarInfo.frombuf`.
 *
 * @throws HeaderError with the message of that function
 */
export function parseHeader(block: Buffer): TarHeader {
  const checksum = numberAt(block, 148, 8);
  if (!checksums(block).includes(checksum)) throw new HeaderError('bad checksum');
  for (const [start, length] of NUMBERS) numberAt(block, start, length);
  const size = numberAt(block, 124, 12);
  if (size < 0) throw new HeaderError('invalid header');
  const path = textAt(block, 0, 100);
  const prefix = textAt(block, 345, 155);
  const type = block.toString('latin1', 156, 157);
  const name = prefix !== '' && !'LKS'.includes(type) ? `${prefix}/${path}` : path;
  const isDirectory = type === '\0' && path.endsWith('/');
  return {
    name,
    type: isDirectory ? '5' : type,
    size,
    isExtended: type === 'S' && block[482] === 1,
  };
}

/**
 * The sums of all bytes, with spaces for the checksum itself; some writers took bytes for
 * signed.
 */
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

/** Reads octal digits, or a binary number after a byte that marks it. */
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

/** Returns the text before the first NUL. */
export function textAt(block: Buffer, start: number, length: number): ByteString {
  const text = block.toString('latin1', start, start + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
