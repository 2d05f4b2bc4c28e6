import { FieldLimits } from '../../../src/formats/form_fields';
import { InvalidForm, readParts } from '../../../src/formats/multipart';
import { streamOf } from '../../../src/http/body';

const KIB = 1024;

/** Reads all fields of a form in pieces; returns the bytes read, and the error. */
async function read(pieces: Iterable<string>) {
  let came = 0;
  const body = streamOf(
    (async function* () {
      for (const piece of pieces) {
        came += piece.length;
        yield await Promise.resolve(Buffer.from(piece));
      }
    })(),
  );
  const bounds = new FieldLimits();
  const values: string[] = [];
  try {
    for await (const part of readParts(body, 'b')) {
      const name = /name="(.*?)"/.exec(part.headers.get('content-disposition') ?? '')?.[1];
      values.push(await bounds.readValue(name, part));
    }
    return { came, values };
  } catch (error) {
    if (!(error instanceof InvalidForm)) throw error;
    return { came, refused: error.message };
  }
}

const head = (name: string) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`;

function* endlessly(first: string, then: string): Generator<string> {
  yield first;
  for (;;) yield then;
}

describe('what a form says before its file', () => {
  it('is read if it is not too much', async () => {
    const { values } = await read([`${head('n'.repeat(256))}${'v'.repeat(60 * KIB)}\r\n--b--\r\n`]);
    expect(values).toEqual(['v'.repeat(60 * KIB)]);
  });

  it.each([
    ['a value without end', endlessly(head('a'), 'v'.repeat(KIB))],
    ['fields without end', endlessly('', `${head('a')}\r\n`)],
    ['parts without end that have no name', endlessly('', '--b\r\nX: y\r\n\r\n\r\n')],
  ])('is given up after 64 KiB: %s', async (_, pieces) => {
    const { came, refused } = await read(pieces);
    expect(refused).toBe('the fields of the form are too long');
    // includes what streams read ahead, and what counts as line breaks
    expect(came).toBeLessThan(400 * KIB);
  });

  it('has no names of more than 256 bytes', async () => {
    const { refused } = await read([`${head('n'.repeat(257))}v\r\n--b--\r\n`]);
    expect(refused).toBe('the name of a field has more than 256 bytes');
  });
});
