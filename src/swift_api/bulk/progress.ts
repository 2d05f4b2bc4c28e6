import { setImmediate as nextTurn } from 'node:timers/promises';
import { streamOf } from '../../http/body';
import { bulkHeaders } from './report';
import type { Response } from '../message';

/** Work that pauses after each step, and ends with its report. */
export type Work = AsyncGenerator<undefined, string>;

/**
 * Responds with the report of work once it is done. If that takes long, sends white space
 * so that nobody on the way considers the connection dead: the response begins with the
 * first of it.
 *
 * @param type of the report
 * @param frequency milliseconds between two signs of life, which are sent when the work
 * pauses
 */
export async function respondWithProgress(
  work: Work,
  type: string | undefined,
  frequency: number,
): Promise<Response> {
  const chunks = reportChunks(work, type?.endsWith('/xml') === true, frequency);
  const first = await chunks.next();
  return { status: 200, headers: bulkHeaders(type), body: streamOf(concat(first, chunks)) };
}

async function* concat(
  first: IteratorResult<Buffer>,
  rest: AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    if (!first.done) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function* reportChunks(
  work: Work,
  isXml: boolean,
  frequency: number,
): AsyncGenerator<Buffer> {
  // as in Swift, only an XML response that begins early has a declaration
  let filler = isXml ? '<?xml version="1.0" encoding="UTF-8"?>\n' : ' ';
  let separator = '';
  let last = performance.now();
  try {
    for (;;) {
      const step = await work.next();
      if (step.done) {
        yield Buffer.from(separator + step.value);
        return;
      }
      // steps that fail at once wait for nothing, and nothing else would get a turn
      await nextTurn();
      if (last + frequency >= performance.now()) continue;
      last = performance.now();
      yield Buffer.from(filler);
      [filler, separator] = [' ', '\r\n\r\n'];
    }
  } finally {
    await work.return('');
  }
}
