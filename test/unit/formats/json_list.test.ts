import fc from 'fast-check';
import { readJson, UnreadableJson } from '../../../src/formats/json';
import { NotAList, readJsonList } from '../../../src/formats/json_list';
import '../../support/running/runs';
import { turnsDuring } from '../../support/running/turns';

const MIB = 1024 * 1024;

async function inTurns(bytes: Buffer): Promise<unknown> {
  const items: unknown[] = [];
  try {
    for await (const some of readJsonList(bytes)) items.push(...some);
    return items;
  } catch (error) {
    if (error instanceof NotAList) return 'no list';
    if (error instanceof UnreadableJson) return 'unreadable';
    throw error;
  }
}

function atOnce(bytes: Buffer): unknown {
  try {
    const read = readJson(bytes);
    return Array.isArray(read) ? read : 'no list';
  } catch {
    return 'unreadable';
  }
}

const padded = (text: string) => text.replaceAll(',', `,${' '.repeat(5000)}`);
const list = fc
  .array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 12 })
  .map((value) => JSON.stringify(value));
/** JSON with an arbitrary change. */
const broken = fc
  .tuple(
    list,
    fc.nat(),
    fc.constantFrom('', ',', ']', '[', '}', '{', '"', '\\', ' ', '\0', '\ufeff', '\\ud800'),
  )
  .map(
    ([text, at, put]) =>
      text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1),
  );

describe('a list in JSON that is read in turns', () => {
  it('is what it is if it is read at once, also if it is none', () =>
    fc.assert(
      fc.asyncProperty(fc.oneof(list, broken, fc.json()), async (text) => {
        for (const each of [text, padded(text)]) {
          const bytes = Buffer.from(each);
          expect(await inTurns(bytes)).toEqual(atOnce(bytes));
        }
      }),
    ));

  it.each([
    ['[]', []],
    [' [ ] ', []],
    ['[,]', 'unreadable'],
    ['[1,]', 'unreadable'],
    [`[1,${' '.repeat(20_000)},2]`, 'unreadable'],
    ['[1]]', 'unreadable'],
    ['[1', 'unreadable'],
    ['[}', 'unreadable'],
    ['[1}', 'unreadable'],
    ['[1}]', 'unreadable'],
    ['', 'unreadable'],
    ['{"a": [1]}', 'no list'],
    [`{"a": [${'[],'.repeat(200_000)}1]}`, 'unreadable'],
  ])('is what JSON says it is: %#', async (text, expected) =>
    expect(await inTurns(Buffer.from(text))).toEqual(expected),
  );

  it('lets others have their turn', async () => {
    const bytes = Buffer.from(`[${'{"data":"YQ=="},'.repeat((8 * MIB) / 16 - 1)}{}]`);
    let max = 0;
    const turns = await turnsDuring(async () => {
      for await (const some of readJsonList(bytes)) max = Math.max(max, some.length);
    });
    expect(turns).toBeGreaterThan(100);
    expect(max).toBeLessThan(2000);
  });
});
