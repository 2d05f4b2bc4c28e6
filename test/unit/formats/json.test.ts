import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, UnreadableJson } from '../../../src/formats/json';
import { BOMS, encoded, ENCODINGS } from '../../support/clients/encodings';

const bytes = (text: string) => Buffer.from(text);

it.each([
  ['[1, -2.5e3, true, null, "é"]', [1, -2500, true, null, 'é']],
  [' \t\r\n{} ', {}],
  ['{"a": 1, "b": 2, "a": 3}', { a: 3, b: 2 }],
  ['"\\ud83d\\ude00 \\\\ud800 \\u00e9"', '\u{1f600} \\ud800 é'],
  ['"\u{1f600}"', '\u{1f600}'],
  ['"\\/\x7f"', '/\x7f'],
])('%j is read', (text, value) => {
  expect(readJson(bytes(text))).toEqual(value);
});

it.each<readonly [string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ...ENCODINGS.slice(1).map((name) => [name, encoded('[{"path": "/c/o"}]', name)] as const),
  ...BOMS.map(
    ([name, mark]) =>
      [`${name} behind its mark`, Buffer.concat([mark, encoded('[1]', name)])] as const,
  ),
  ['a broken character', Buffer.from('["\xff"]', 'latin1')],
  ['an overlong character', Buffer.from('["\xc0\xae"]', 'latin1')],
  ['a half in UTF-8', Buffer.from('["\xed\xa0\x80"]', 'latin1')],
  ['a first half', bytes('["\\ud800"]')],
  ['a second half', bytes('["\\uDC00"]')],
  ['halves in the wrong order', bytes('["\\ude00\\ud83d"]')],
  ['a half before something else', bytes('["\\ud83d\\u0041"]')],
  ['a half behind a backslash', bytes('["\\\\\\ud800"]')],
  ['a half in a name', bytes('{"\\udfff": 1}')],
  ['NaN', bytes('[NaN]')],
  ['Infinity', bytes('[-Infinity]')],
  ['something behind it', bytes('[1] x')],
  ['a NUL behind it', bytes('[1]\0')],
  ['a comma at the end', bytes('[1,]')],
  ['a control character', bytes('["\x01"]')],
  ['white space of other languages', bytes('\u00a0[1]')],
])('%s is refused', (_, document) => {
  expect(() => readJson(document)).toThrow(UnreadableJson);
});

it('nothing else reads JSON, except for our own data', () => {
  // the last: the output of its own child process
  const OWN = [
    /^src\/formats\/json\.ts$/,
    /^src\/util\/supported_node\.ts$/,
    /^src\/stores\/embedded\/walk\/walk_database\.ts$/,
  ];
  const root = join(__dirname, '../../..');
  const readers = ['src', 'middleware'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter(
        (name) =>
          name.endsWith('.ts') && readFileSync(join(root, name), 'utf8').includes('JSON.parse'),
      ),
  );
  expect(readers.filter((name) => !OWN.some((pattern) => pattern.test(name)))).toEqual([]);
});
