import { chunks, type Body } from './body';
import type { Range } from './ranges';

/** A part of a large object's content. */
export interface Piece {
  readonly size: number;
  /** Set if it is known before it is read that it cannot be. */
  readonly isUnreadable?: boolean;
  /** Reads from byte `first` to byte `last`, inclusive. */
  read(first: number, last: number): Body | Promise<Body>;
}

/**
 * Yields the bytes of the pieces from `first` to `last`, inclusive. Opens a piece only
 * when its first byte is needed.
 */
export async function* readPieces(
  pieces: AsyncIterable<Piece> | Iterable<Piece>,
  first: number,
  last: number,
): AsyncGenerator<Buffer> {
  let start = 0;
  for await (const piece of pieces) {
    if (start > last) return;
    if (first < start + piece.size && piece.size > 0) {
      yield* chunks(
        await piece.read(Math.max(first - start, 0), Math.min(last - start, piece.size - 1)),
      );
    }
    start += piece.size;
  }
}

/** A segment no longer exists, or has changed. */
export class SegmentError extends Error {
  override readonly name = 'SegmentError';
}

/**
 * Checks that no piece within ranges is known to be unreadable.
 *
 * @throws SegmentError
 */
export function checkReadable(pieces: readonly Piece[], ranges: readonly Range[]): void {
  let start = 0;
  for (const { size, isUnreadable } of pieces) {
    const end = start + size;
    if (isUnreadable && ranges.some(([first, last]) => first < end && last >= start))
      throw new SegmentError('a segment cannot be read');
    start = end;
  }
}

/**
 * Reads one byte, so that the status can report unreadable content (Swift's
 * `validate_first_segment`).
 *
 * @throws what reading that byte's piece throws
 */
export async function checkPieces(pieces: Iterable<Piece>, first: number): Promise<void> {
  for await (const chunk of readPieces(pieces, first, first)) if (chunk.length > 0) return;
}
