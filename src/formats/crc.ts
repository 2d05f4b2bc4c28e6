import { ECMA_182 } from './crc64';

/**
 * A cyclic redundancy check as S3 and COS use them: reflected bits, initial value and
 * final XOR all ones.
 */
interface Crc {
  readonly bits: number;
  /** Reflected. */
  readonly polynomial: bigint;
}

const CRCS: Readonly<Record<string, Crc>> = {
  crc32: { bits: 32, polynomial: 0xedb88320n },
  crc32c: { bits: 32, polynomial: 0x82f63b78n },
  crc64nvme: { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n },
  crc64ecma: { bits: 64, polynomial: ECMA_182 },
};

/** Whether the checksum of a whole can be computed from those of its parts. */
export function canCombine(algorithm: string): boolean {
  return algorithm in CRCS;
}

/**
 * Computes a checksum bit by bit, so only for short inputs. Undefined for other
 * algorithms.
 */
export function computeCrc(algorithm: string, bytes: Uint8Array): Buffer | undefined {
  const crc = CRCS[algorithm];
  if (!crc) return undefined;
  const ones = (1n << BigInt(crc.bits)) - 1n;
  let sum = ones;
  for (const byte of bytes) {
    sum ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) sum = timesX(sum, crc);
  }
  return toBuffer(sum ^ ones, crc);
}

/**
 * Computes the checksum of concatenated parts from their checksums and lengths in bytes.
 * Undefined if the algorithm does not allow that.
 */
export function combineCrcs(
  algorithm: string,
  parts: readonly { readonly sum: Buffer; readonly bytes: number }[],
): Buffer | undefined {
  const crc = CRCS[algorithm];
  if (!crc) return undefined;
  // most parts have the same length
  const shifts = new Map<number, bigint>();
  let whole = 0n;
  for (const { sum, bytes } of parts) {
    const shift = shifts.get(bytes) ?? powerOfX(bytes * 8, crc);
    shifts.set(bytes, shift);
    whole = product(shift, whole, crc) ^ BigInt(`0x${sum.toString('hex')}`);
  }
  return toBuffer(whole, crc);
}

function toBuffer(sum: bigint, { bits }: Crc): Buffer {
  return Buffer.from(sum.toString(16).padStart(bits / 4, '0'), 'hex');
}

// polynomials modulo that of the check; the highest bit is the coefficient of 1

function timesX(a: bigint, { polynomial }: Crc): bigint {
  return (a & 1n) === 1n ? (a >> 1n) ^ polynomial : a >> 1n;
}

function product(a: bigint, b: bigint, crc: Crc): bigint {
  let result = 0n;
  let shifted = b;
  for (let bit = crc.bits - 1; bit >= 0; bit--) {
    if (((a >> BigInt(bit)) & 1n) === 1n) result ^= shifted;
    shifted = timesX(shifted, crc);
  }
  return result;
}

function powerOfX(exponent: number, crc: Crc): bigint {
  let result = 1n << BigInt(crc.bits - 1);
  let square = timesX(result, crc);
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = product(result, square, crc);
    square = product(square, square, crc);
  }
  return result;
}
