import { chunks, type Body } from './body';

/** A part of a large object's content. */
export interface Piece {
  readonly size: number;
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
 * Reads one byte, so that the status can report unreadable content (Swift's
 * `validate_first_segment`).
 *
 * @throws what reading that byte's piece throws
 */
export async function checkPieces(pieces: Iterable<Piece>, first: number): Promise<void> {
  for await (const chunk of readPieces(pieces, first, first)) if (chunk.length > 0) return;
}
