import { setImmediate as nextTurn } from 'node:timers/promises';
import { streamOf } from '../../http/body';
import { bulkHeaders } from './report';
import type { Response } from '../message';

/** Work that pauses after each thing that it has done, and ends with its report. */
export type Work = AsyncGenerator<undefined, string>;

/**
 * Answers with the report of work, once it is done. While that takes long, white space is sent so that nobody on the way takes the
 * connection for dead: the answer begins with the first of it.
 *
 * @param type of the report
 * @param frequency milliseconds between two signs of life, which are given at the work's pauses
 */
export async function answerWith(
  work: Work,
  type: string | undefined,
  frequency: number,
): Promise<Response> {
  const told = tell(work, type?.endsWith('/xml') === true, frequency);
  const first = await told.next();
  return { status: 200, headers: bulkHeaders(type), body: streamOf(all(first, told)) };
}

async function* all(
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

async function* tell(work: Work, isXml: boolean, frequency: number): AsyncGenerator<Buffer> {
  // as in Swift, only an XML answer that begins early is declared as such
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
      // what is refused at once waits for nothing, and nobody else would have a turn
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
