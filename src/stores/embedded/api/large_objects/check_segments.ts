import { z } from 'zod';
import { checkPieces, SegmentError, type Piece } from '../../../../http/pieces';
import { Refused, refuse } from '../answers';

/**
 * Checks that the first requested segment can be read.
 *
 * @throws Refused with 409
 */
export async function checkSegments(pieces: Iterable<Piece>, first: number): Promise<void> {
  try {
    await checkPieces(pieces, first);
  } catch (error) {
    if (error instanceof SegmentError || error instanceof Refused || error instanceof z.ZodError)
      throw refuse(409);
    throw error;
  }
}
