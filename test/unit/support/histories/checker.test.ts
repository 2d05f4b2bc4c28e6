import { readFileSync } from 'node:fs';
import { judge } from '../../../deep/histories/check';
import type {
  Call,
  Content,
  Entry,
  Found,
  History,
  Operation,
  Setting,
} from '../../../deep/histories/history';
import { report } from '../../../deep/histories/report';

/** The file of a history to judge. */
const HISTORY = process.env['HISTORY'];

const put = (content: Content): Call => ({ do: 'put', object: 'o', content, way: 'whole' });
const get: Call = { do: 'get', object: 'o' };
const remove: Call = { do: 'delete', object: 'o' };
const copy: Call = { do: 'copy', from: 'o', to: 'p', spelled: 'COPY' };
const set = (setting: Setting): Call => ({ do: 'set', setting });

/** Makes an operation from one instant to another. */
const op = (
  began: number,
  ended: number,
  call: Call,
  status?: number,
  content?: Content,
): Operation => ({
  client: 0,
  through: 0,
  call,
  began,
  ended,
  ...(status === undefined ? {} : { status }),
  ...(content === undefined ? {} : { content }),
});

const finalState = (current: Content | null, ...archive: (Content | null)[]): Found => ({
  current,
  archive: archive.map((content, i): Entry => ({ name: `001o/${i}`, content })),
});

const history = (
  initially: Setting,
  operations: readonly Operation[],
  o: Found,
  { p = finalState(null), setting = initially }: { p?: Found; setting?: Setting } = {},
): History => ({
  seed: 0,
  where: 'in a test',
  store: 'embedded',
  initially,
  operations,
  finally: { setting, objects: { o, p }, strays: [] },
});

const one = op(0, 1, put('1'), 201);
const two = op(2, 3, put('2'), 201);
const atOnce = op(0, 3, put('2'), 201);

const RIGHT: readonly (readonly [what: string, history: History])[] = [
  ['nothing', history('stack', [], finalState(null))],
  ['a PUT', history('stack', [one], finalState('1'))],
  ['a PUT over another', history('history', [one, two], finalState('2', '1'))],
  ['PUTs at once, one way', history('history', [one, atOnce], finalState('2', '1'))],
  ['PUTs at once, the other way', history('history', [one, atOnce], finalState('1', '2'))],
  [
    'a PUT without an answer that was kept',
    history('stack', [one, op(2, 3, put('2'))], finalState('2', '1')),
  ],
  [
    'a PUT without an answer that was not kept',
    history('stack', [one, op(2, 3, put('2'))], finalState('1')),
  ],
  [
    'a PUT answered 503 that was kept',
    history('stack', [one, op(2, 3, put('2'), 503)], finalState('2', '1')),
  ],
  [
    'a PUT without an answer that was kept long after',
    history(
      'stack',
      [op(0, 1, put('1')), op(2, 3, put('2'), 201), op(4, 5, get, 200, '2')],
      finalState('1', '2'),
    ),
  ],
  [
    'a PUT with a wrong ETag',
    history(
      'stack',
      [one, op(2, 3, { ...put('2'), way: 'wrong ETag' } as Call, 422)],
      finalState('1'),
    ),
  ],
  [
    'a PUT with a wrong ETag that came too late in a plain container',
    history(
      'off',
      [one, op(0, 3, { ...put('2'), way: 'wrong ETag' } as Call, 202)],
      finalState('1'),
    ),
  ],
  [
    'a read of either of two PUTs at once',
    history('stack', [one, atOnce, op(0, 3, get, 200, '2')], finalState('1', '2')),
  ],
  [
    'a read of nothing while a PUT goes on',
    history('stack', [one, op(0, 1, get, 404)], finalState('1')),
  ],
  [
    'a DELETE (history)',
    history('history', [one, op(2, 3, remove, 204)], finalState(null, '1', null)),
  ],
  [
    'a DELETE of nothing (history)',
    history('history', [op(0, 1, remove, 404)], finalState(null, null)),
  ],
  ['a DELETE (stack)', history('stack', [one, two, op(4, 5, remove, 204)], finalState('1'))],
  [
    'a DELETE of the only version (stack)',
    history('stack', [one, op(2, 3, remove, 204)], finalState(null)),
  ],
  [
    'a DELETE in a plain container',
    history('off', [one, two, op(4, 5, remove, 204)], finalState(null)),
  ],
  [
    'a DELETE in stack mode under whose object is a marker',
    history(
      'history',
      [
        one,
        op(2, 3, remove, 204),
        op(4, 5, put('2'), 201),
        op(6, 7, set('stack'), 204),
        op(8, 9, remove, 204),
      ],
      finalState(null, '1', null),
      { setting: 'stack' },
    ),
  ],
  [
    'a DELETE in stack mode that takes back a marker and what it hid',
    history(
      'history',
      [one, op(2, 3, remove, 204), op(4, 5, set('stack'), 204), op(6, 7, remove, 204)],
      finalState('1'),
      { setting: 'stack' },
    ),
  ],
  [
    'a copy that read before a PUT and wrote after it',
    history(
      'stack',
      [one, op(2, 9, copy, 201, '1'), op(3, 4, put('2'), 201)],
      finalState('2', '1'),
      {
        p: finalState('1'),
      },
    ),
  ],
  [
    'a copy of a version',
    history(
      'stack',
      [
        one,
        two,
        op(4, 5, { do: 'restore', entry: '001o/0', object: 'o', spelled: 'COPY' }, 201, '1'),
      ],
      finalState('1', '1', '2'),
    ),
  ],
  [
    'a PUT that overlaps a change and acts on the setting before it',
    history('off', [one, op(2, 6, put('2'), 201), op(3, 4, set('history'), 204)], finalState('2'), {
      setting: 'history',
    }),
  ],
];

const WRONG: readonly (readonly [what: string, says: RegExp, history: History])[] = [
  ['a lost body', /^no order/, history('history', [one, atOnce], finalState('2'))],
  [
    'two lost bodies',
    /^no order/,
    history('history', [one, two, op(4, 5, put('3'), 201)], finalState('3')),
  ],
  [
    'a lost body under a PUT without an answer',
    /^no order/,
    history('stack', [one, op(2, 3, put('2'))], finalState('2')),
  ],
  ['a body there twice', /^no order/, history('history', [one, two], finalState('2', '1', '1'))],
  [
    'a body archived and current',
    /^no order/,
    history('stack', [one, two], finalState('2', '1', '2')),
  ],
  [
    'versions in a wrong order',
    /^no order/,
    history('stack', [one, two, op(4, 5, put('3'), 201)], finalState('3', '2', '1')),
  ],
  ['an older body current', /^no order/, history('stack', [one, two], finalState('1', '2'))],
  [
    'a missing marker',
    /^no order/,
    history('history', [one, op(2, 3, remove, 204)], finalState(null, '1')),
  ],
  [
    'a missing marker of nothing',
    /^no order/,
    history('history', [op(0, 1, remove, 404)], finalState(null)),
  ],
  [
    'a second marker',
    /^no order/,
    history('history', [one, op(2, 3, remove, 204)], finalState(null, '1', null, null)),
  ],
  [
    'a marker before what it deletes',
    /^no order/,
    history('history', [one, op(2, 3, remove, 204)], finalState(null, null, '1')),
  ],
  [
    'a marker in stack mode',
    /^no order/,
    history('stack', [one, op(2, 3, remove, 204)], finalState(null, null)),
  ],
  [
    'a DELETE that did nothing',
    /^no order/,
    history('stack', [one, two, op(4, 5, remove, 204)], finalState('2', '1')),
  ],
  [
    'a DELETE that took two',
    /^no order/,
    history('stack', [one, two, op(4, 5, remove, 204)], finalState(null)),
  ],
  [
    'a DELETE that kept what it restored',
    /^no order/,
    history('stack', [one, two, op(4, 5, remove, 204)], finalState('1', '1')),
  ],
  [
    'a DELETE of nothing that found something',
    /^no order/,
    history('history', [op(0, 1, remove, 204)], finalState(null, null)),
  ],
  [
    'a stale read',
    /^no order/,
    history('stack', [one, two, op(4, 5, get, 200, '1')], finalState('2', '1')),
  ],
  [
    'a read of nothing after a PUT',
    /^no order/,
    history('stack', [one, op(2, 3, get, 404)], finalState('1')),
  ],
  [
    'readers that see PUTs in different orders',
    /^no order/,
    history(
      'stack',
      [
        one,
        op(0, 9, put('2'), 201),
        op(2, 3, get, 200, '2'),
        op(4, 5, get, 200, '1'),
        op(6, 7, get, 200, '2'),
      ],
      finalState('2', '1'),
    ),
  ],
  [
    'a copy of what was overwritten before',
    /^no order/,
    history('stack', [one, two, op(4, 5, copy, 201, '1')], finalState('2', '1'), {
      p: finalState('1'),
    }),
  ],
  [
    'a copy that wrote something else',
    /^no order/,
    history('stack', [one, two, op(4, 5, copy, 201, '2')], finalState('2', '1'), {
      p: finalState('1'),
    }),
  ],
  [
    'a setting that is not in force once it is answered',
    /^no order/,
    history('off', [one, op(2, 3, set('history'), 204), op(4, 5, put('2'), 201)], finalState('2'), {
      setting: 'history',
    }),
  ],
  [
    'a setting in force after another was answered',
    /^no order/,
    history(
      'stack',
      [one, op(2, 3, set('off'), 204), op(4, 5, put('2'), 201)],
      finalState('2', '1'),
      {
        setting: 'off',
      },
    ),
  ],
  [
    'a setting that is forgotten',
    /^no order/,
    history('off', [op(2, 3, set('history'), 204)], finalState(null)),
  ],
  [
    'a condition that was not kept',
    /^no order/,
    history(
      'stack',
      [one, op(2, 3, { ...put('2'), way: 'unless there' } as Call, 201)],
      finalState('2', '1'),
    ),
  ],
  [
    'a condition that was seen broken and held',
    /^no order/,
    history(
      'stack',
      [op(2, 3, { ...put('2'), way: 'unless there' } as Call, 412)],
      finalState(null),
    ),
  ],
  [
    'a body whose client left',
    /^a body that nobody sent: 2 as o$/,
    history(
      'stack',
      [one, op(2, 3, { ...put('2'), way: 'leaving' } as Call)],
      finalState('2', '1'),
    ),
  ],
  [
    'an archived body with a wrong ETag',
    /^a body that nobody sent: 2 as 001o\/0$/,
    history(
      'stack',
      [op(2, 3, { ...put('2'), way: 'wrong ETag' } as Call, 422)],
      finalState(null, '2'),
    ),
  ],
  [
    'a body that nobody sent',
    /^a body that nobody sent: \?/,
    history('stack', [one, op(2, 3, get, 200, '?d41d8')], finalState('1')),
  ],
  [
    'an answer that Swift does not give',
    /^an answer that Swift does not give: PUT o = 1 got 500$/,
    history('stack', [op(0, 1, put('1'), 500)], finalState(null)),
  ],
  [
    'a PUT that could not archive what is there, with no reason for that',
    /^no order/,
    history('stack', [one, op(2, 3, put('2'), 412)], finalState('1')),
  ],
  [
    'an archived version that changed',
    /^an entry of the archive that changed: 001o\/0 was 1 and then 2$/,
    history(
      'history',
      [
        one,
        two,
        op(4, 5, { do: 'restore', entry: '001o/0', object: 'o', spelled: 'COPY' }, 201, '1'),
      ],
      finalState('1', '2', '1'),
    ),
  ],
];

/** The same over a Swift, which may miss what is being overwritten. */
const overSwift = (of: History): History => ({ ...of, store: 'swift' });

const missed = (read: Call, write: Call = put('2'), status = 201): History =>
  history(
    'stack',
    [one, op(2, 5, write, status), op(3, 4, read, 404)],
    status < 300 ? finalState('2', '1') : finalState('1'),
  );

describe('the judge of what Swift misses while it is overwritten', () => {
  it.each<[string, History]>([
    ['a GET', missed(get)],
    ['a HEAD', missed({ do: 'head', object: 'o' })],
    ['a copy of it', missed(copy)],
    [
      'a GET beside a PUT without an answer',
      history('stack', [one, op(2, 3, put('2')), op(8, 9, get, 404)], finalState('1')),
    ],
    [
      'a GET that a PUT overlaps in part',
      history('stack', [one, op(2, 4, put('2'), 201), op(3, 5, get, 404)], finalState('2', '1')),
    ],
  ])('takes %s, of a Swift only', (_what, missing) => {
    expect(judge(overSwift(missing))).toBeUndefined();
    expect(judge(missing)?.lines[0]).toMatch(/^no order/);
  });

  it.each<[string, History]>([
    [
      'nothing found before a PUT begins',
      history('stack', [one, op(2, 3, get, 404), op(3, 5, put('2'), 201)], finalState('2', '1')),
    ],
    [
      'nothing found after a PUT',
      history('stack', [one, op(2, 3, put('2'), 201), op(3, 5, get, 404)], finalState('2', '1')),
    ],
    [
      'nothing found beside a write of another object',
      history('stack', [one, op(2, 5, copy, 201, '1'), op(3, 4, get, 404)], finalState('1'), {
        p: finalState('1'),
      }),
    ],
    [
      'nothing found beside a PUT that is refused',
      missed(get, { ...put('2'), way: 'unless there' } as Call, 412),
    ],
    [
      'nothing found beside a PUT with a wrong ETag',
      missed(get, { ...put('2'), way: 'wrong ETag' } as Call, 422),
    ],
    [
      'nothing found beside another read',
      history('stack', [one, op(2, 5, get, 200, '1'), op(3, 4, get, 404)], finalState('1')),
    ],
    [
      'an older body beside a PUT',
      history(
        'stack',
        [one, two, op(4, 7, put('3'), 201), op(5, 6, get, 200, '1')],
        finalState('3', '2', '1'),
      ),
    ],
    [
      'a lost body beside a GET that found nothing',
      history('stack', [one, atOnce, op(1, 2, get, 404)], finalState('2')),
    ],
  ])('refuses %s', (_what, wrong) => {
    expect(judge(overSwift(wrong))?.lines[0]).toMatch(/^no order/);
  });

  it('refuses a body that nobody sent', () => {
    const wrong = history(
      'stack',
      [one, op(2, 5, put('2'), 201), op(3, 4, get, 200, '?d41d8')],
      finalState('2', '1'),
    );
    expect(judge(overSwift(wrong))?.lines[0]).toMatch(/^a body that nobody sent/);
  });
});

describe('the judge of histories', () => {
  it.each(RIGHT)('takes %s', (_what, right) => {
    expect(judge(right)).toBeUndefined();
  });

  it.each(WRONG)('refuses %s', (_what, says, wrong) => {
    const problem = judge(wrong);
    expect(problem?.lines[0]).toMatch(says);
    expect(problem && report(problem, wrong)).toContain('All of it: {');
  });

  (HISTORY === undefined ? it.skip : it)('takes the history that HISTORY names', () => {
    const named = JSON.parse(readFileSync(HISTORY ?? '', 'utf8')) as History;
    const problem = judge(named);
    if (problem) throw new Error(report(problem, named));
  });
});
