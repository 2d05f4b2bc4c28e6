import { chunks, type Body } from './body';

/** One of the parts that a large object's content consists of. */
export interface Piece {
  readonly size: number;
  /** Bytes from the first to the last, both counted. */
  read(first: number, last: number): Body | Promise<Body>;
}

/** The bytes of many pieces from the first to the last, both counted; no piece is opened before its first byte is wanted. */
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

/** A segment is not there any more, or not what it was. */
export class SegmentError extends Error {
  override readonly name = 'SegmentError';
}

/**
 * Reads one byte, so that what cannot be had is told by the status (Swift's `validate_first_segment`).
 *
 * @throws what the piece with that byte throws
 */
export async function checkPieces(pieces: Iterable<Piece>, first: number): Promise<void> {
  for await (const chunk of readPieces(pieces, first, first)) if (chunk.length > 0) return;
}
