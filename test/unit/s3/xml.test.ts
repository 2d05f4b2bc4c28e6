import { readXml } from '../../../src/dialects/xml';

const read = (text: string) => readXml(Buffer.from(text), 10_000_000, 'a');

it.each([
  ['has another root', '<b/>'],
  ['is not well-formed', '<a><b></a>'],
  ['has a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ['has an entity that there is not', '<a>&b;</a>'],
  ['has a character that XML cannot have', '<a>&#1;</a>'],
  ['has elements without end', `<a>${'<b/>'.repeat(100_000)}</a>`],
  ['is deeper than any is', `<a>${'<b>'.repeat(100)}${'</b>'.repeat(100)}</a>`],
])('a document that %s is refused', async (_, text) => {
  await expect(read(text)).rejects.toMatchObject({ code: 'malformed-body' });
});

it('a document that is not UTF-8 is refused', async () => {
  const bytes = Buffer.from([...Buffer.from('<a>'), 0xff, ...Buffer.from('</a>')]);
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
