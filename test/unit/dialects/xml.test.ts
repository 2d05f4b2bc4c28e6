import fc from 'fast-check';
import { toBytes } from '../../../src/http/bytes';
import { child, childrenOf, readXml, xml } from '../../../src/dialects/xml';

const read = (text: string) => readXml(Buffer.from(text), 10_000_000, 'a');

it.each([
  ['has another root', '<b/>'],
  ['is not well-formed', '<a><b></a>'],
  ['has a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ['has an entity that there is not', '<a>&b;</a>'],
  ['has a character that XML cannot have', '<a>&#1;</a>'],
  ['is said to be in another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e9</a>'],
  ['is said to be in UTF-16', '<?xml version="1.0" encoding="utf-16"?><a/>'],
  ['is of another version', '<?xml version="1.1"?><a>&#1;</a>'],
  ['has text beside elements', '<a>b<b/></a>'],
  ['has elements without end', `<a>${'<b/>'.repeat(100_000)}</a>`],
  ['is deeper than any is', `<a>${'<b>'.repeat(100)}${'</b>'.repeat(100)}</a>`],
])('a document that %s is refused', async (_, text) => {
  await expect(read(text)).rejects.toMatchObject({ code: 'malformed-body' });
});

it('a document that is not UTF-8 is refused', async () => {
  const bytes = Buffer.from([...Buffer.from('<a>'), 0xff, ...Buffer.from('</a>')]);
  await expect(readXml(bytes, 100, 'a')).rejects.toMatchObject({ code: 'malformed-body' });
});

it.each([
  ['\ufeff<a>b</a>', 'a byte order mark'],
  ['<?xml version="1.0" encoding="utf-8"?>\n<a>b</a>', 'a declaration'],
  ['<a><!-- c -->b<?d?></a>', 'what is no content'],
])('%j is read with %s', async (text) => {
  expect(await read(text)).toMatchObject({ name: 'a', text: 'b' });
});

it('a child that is there twice is refused: readers disagree on which of them counts', async () => {
  const document = await read('<a><Key>one</Key><Key>two</Key><b/><b/></a>');
  expect(() => child(document, 'Key')).toThrow(
    expect.objectContaining({ code: 'malformed-body' }) as Error,
  );
  expect(childrenOf(document, 'b')).toHaveLength(2);
});

it('a document in UTF-16 is refused', async () => {
  const bytes = Buffer.from('\ufeff<a/>', 'utf16le');
  await expect(readXml(bytes, 100, 'a')).rejects.toMatchObject({ code: 'malformed-body' });
});

it('a document longer than it may be is refused', async () => {
  await expect(readXml(Buffer.from('<a>xxxxxxxxxx</a>'), 10, 'a')).rejects.toMatchObject({
    code: 'too-large',
  });
});

it('texts come as they were written', async () => {
  const { text } = await read('<a>\u00e9&amp;&lt;&#13;<![CDATA[<b>]]></a>');
  expect(Buffer.from(text, 'latin1').toString()).toBe('\u00e9&<\r<b>');
});

it('has no more attributes in an element than a document of these APIs needs', async () => {
  const attributes = (count: number) =>
    Array.from({ length: count }, (_, i) => `a${i}="x"`).join(' ');
  await expect(read(`<a ${attributes(32)}><b ${attributes(32)}/></a>`)).resolves.toBeDefined();
  await expect(read(`<a ${attributes(33)}/>`)).rejects.toThrow('too many attributes');
});

/** Whether XML 1.0 allows a character. */
const isXml = (char: string) =>
  (char >= ' ' || '\t\n\r'.includes(char)) && char !== '\ufffe' && char !== '\uffff';

describe('text that is written', () => {
  const serialize = (text: string) => Buffer.from(xml('a', toBytes(text)), 'latin1').toString();

  it.each([
    ['a<&>"b', 'a&lt;&amp;&gt;&quot;b'],
    ['\u0001\u001f\r\u007f', '&#x1;&#x1f;&#xd;&#x7f;'],
    ['\n\t', '\n\t'],
    ['x\ufffey\uffffz', 'x&#xfffe;y&#xffff;z'],
    [
      '\ufffd\ufeff\uefbf\u00ef\u00bf\u00be\u{1fffe}',
      '\ufffd\ufeff\uefbf\u00ef\u00bf\u00be\u{1fffe}',
    ],
  ])('%j is %j', (text, expected) => {
    expect(serialize(text)).toBe(`<a>${expected}</a>`);
  });

  it('is what a lenient reader takes it for, whatever it is', () => {
    const references = /&(?:#x([0-9a-f]+)|(amp|lt|gt|quot));/g;
    const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' };
    const property = fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      const content = /^<a>(.*)<\/a>$/s.exec(serialize(text))?.[1] ?? '';
      expect(Array.from(content).filter((char) => !isXml(char) || '<>"'.includes(char))).toEqual(
        [],
      );
      const read = content.replace(references, (_, hex: string | undefined, name: string) =>
        hex === undefined ? (named[name] ?? '') : String.fromCodePoint(parseInt(hex, 16)),
      );
      expect(read).toBe(text);
    });
    fc.assert(property);
  });
});
