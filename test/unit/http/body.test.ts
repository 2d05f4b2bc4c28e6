import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { chunks, derivedStream, readText } from '../../../src/http/body';

/** A body from which nothing comes, and a stream that is made from it. */
function pair() {
  const body = new Readable({ read: () => undefined }).on('error', () => undefined);
  const errors: Error[] = [];
  const stream = derivedStream(body, chunks(body)).on('error', (error) => errors.push(error));
  return { body, stream, errors };
}

describe('a stream that is made from a body', () => {
  it('has its chunks', async () => {
    const body = Readable.from([Buffer.from('one '), Buffer.from('two')]);
    expect(await text(derivedStream(body, chunks(body)))).toBe('one two');
  });

  it.each(['before', 'after'])('fails with it, %s the first read', async (when) => {
    const { body, stream, errors } = pair();
    if (when === 'after') stream.resume();
    const cause = new Error('gone');
    body.destroy(cause);
    await turn();
    expect([errors, stream.destroyed]).toEqual([[cause], true]);
  });

  it('fails with it although nobody listens yet', async () => {
    const body = new Readable({ read: () => undefined }).on('error', () => undefined);
    const stream = derivedStream(body, chunks(body));
    const cause = new Error('gone');
    body.destroy(cause);
    await turn();
    expect([stream.errored, stream.destroyed]).toEqual([cause, true]);
  });

  it('closes it, before the first read', async () => {
    const { body, stream, errors } = pair();
    stream.destroy();
    await turn();
    expect([body.destroyed, errors]).toEqual([true, []]);
    // nobody is surprised by what comes later
    body.emit('error', new Error('late'));
  });
});

it('a text that breaks off is none', async () => {
  const body = new Readable({ read: () => undefined });
  const read = readText(body, 10);
  body.destroy(new Error('reset'));
  expect(await read).toBeUndefined();
});
