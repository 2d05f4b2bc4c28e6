import { Readable } from 'node:stream';
import fc from 'fast-check';
import { InvalidForm, readParts } from '../../../src/formats/multipart';
import { parseParameters } from '../../../src/formats/form';
import '../../support/running/runs';

const BOUNDARY = 'b-o-u-n-d';

/** A form's bytes in chunks whose lengths repeat. */
function stream(form: string, lengths: readonly number[]): Readable {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < form.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    chunks.push(Buffer.from(form.slice(at, at + length), 'latin1'));
    at += length;
  }
  return Readable.from(chunks);
}

async function read(body: Readable): Promise<{ name: string | undefined; content: string }[]> {
  const parts: { name: string | undefined; content: string }[] = [];
  for await (const { headers, body: chunks } of readParts(body, BOUNDARY)) {
    let content = '';
    for await (const chunk of chunks) content += chunk.toString('latin1');
    parts.push({ name: headers.get('x-name'), content });
  }
  return parts;
}

const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
/** Contents that may resemble boundaries, but never are one. */
const content = fc
  .array(fc.constantFrom('\r\n', '--', BOUNDARY, 'b-o', '\r', '\n', '-', 'x', '\xff', '\r\n\r\n'))
  .map((pieces) => pieces.join(''))
  .filter((text) => !`\r\n${text}`.includes(`\r\n--${BOUNDARY}`));

test('a form is read as it was written, however it comes in pieces', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(content, { minLength: 1, maxLength: 4 }),
      lengths,
      async (contents, pieces) => {
        const parts = contents.map(
          (each, at) => `--${BOUNDARY}\r\nX-Name: ${at}\r\n\r\n${each}\r\n`,
        );
        const form = `${parts.join('')}--${BOUNDARY}--\r\nepilogue`;
        const expected = contents.map((each, at) => ({ name: String(at), content: each }));
        expect(await read(stream(form, pieces))).toEqual(expected);
      },
    ),
  ));

test('a form that is cut off is never taken for a whole one', () => {
  const form = `--${BOUNDARY}\r\nX-Name: 0\r\n\r\none\r\n--${BOUNDARY}\r\nX-Name: 1\r\n\r\ntwo\r\n--${BOUNDARY}`;
  const whole = form.length - 1;
  return fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole }), lengths, async (end, pieces) => {
      const body = stream(form.slice(0, end), pieces);
      await expect(read(body)).rejects.toThrow(InvalidForm);
      expect(body.destroyed).toBe(true);
    }),
  );
});

test('the unread rest of a part is skipped, and a reader that stops ends the body', async () => {
  const form = `\r\n--${BOUNDARY}\r\n\r\none\r\n--${BOUNDARY}\r\nX-Name: 1\r\n\r\ntwo\r\n--${BOUNDARY}--`;
  const body = stream(form, [7]);
  const names: (string | undefined)[] = [];
  for await (const part of readParts(body, BOUNDARY)) {
    names.push(part.headers.get('x-name'));
    if (names.length === 2) break;
  }
  expect(names).toEqual([undefined, '1']);
  expect(body.destroyed).toBe(true);
});

test('headers of a part have an end', async () => {
  const form = `--${BOUNDARY}\r\nX-Name: ${'x'.repeat(70_000)}\r\n\r\none\r\n--${BOUNDARY}--`;
  await expect(read(stream(form, [9_000]))).rejects.toThrow('too long');
});

test('boundaries may be longer than RFC 2046 has them, but have an end', async () => {
  const parts = (length: number) => {
    const boundary = 'b'.repeat(length);
    return readParts(Buffer.from(`--${boundary}\r\n\r\none\r\n--${boundary}--`), boundary).next();
  };
  expect(await parts(256)).toMatchObject({ done: false });
  await expect(parts(257)).rejects.toThrow(InvalidForm);
});

test.each([
  ['form-data; name="a"; filename="b;c.txt"', 'form-data', { name: 'a', filename: 'b;c.txt' }],
  ['multipart/form-data;boundary=x', 'multipart/form-data', { boundary: 'x' }],
  ['text/plain', 'text/plain', {}],
  ['form-data; name=""; x', 'form-data', { name: '' }],
])('%s', (header, value, parameters) => {
  const parsed = parseParameters(header);
  expect([parsed.value, Object.fromEntries(parsed.parameters)]).toEqual([value, parameters]);
});
