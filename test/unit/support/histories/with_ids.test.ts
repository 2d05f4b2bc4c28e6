import type { Content } from '../../../deep/histories/history';
import { judge } from '../../../deep/histories/with_ids/check';
import type {
  Call,
  Found,
  History,
  Line,
  Operation,
} from '../../../deep/histories/with_ids/history';

const A = '0000000001.00000';
const B = '0000000002.00000';
const C = '0000000003.00000';

const op = (
  began: number,
  ended: number,
  call: Call,
  status: number,
  more: Partial<Operation> = {},
): Operation => ({
  client: 0,
  through: 0,
  call,
  began,
  ended,
  status,
  ...more,
});
const put = (began: number, ended: number, content: Content, id?: string) =>
  op(
    began,
    ended,
    { do: 'put', object: 'o', content, way: 'whole' },
    201,
    id === undefined ? {} : { id },
  );
const get = (began: number, ended: number, content: Content, id: string) =>
  op(began, ended, { do: 'get', object: 'o' }, 200, { content, id });
const drop = (began: number, ended: number, id: string, status = 204) =>
  op(began, ended, { do: 'drop', object: 'o', id }, status);
const list = (began: number, ended: number, ...lines: Line[]) =>
  op(began, ended, { do: 'list', object: 'o' }, 200, { lines });
const remove = (began: number, ended: number, id: string, status = 204) =>
  op(began, ended, { do: 'delete', object: 'o' }, status, { id });
const set = (began: number, ended: number, enabled: boolean) =>
  op(began, ended, { do: 'set', enabled }, 204);

const line = (id: string, isLatest = false, isMarker = false): Line => ({ id, isLatest, isMarker });

/** A final state: versions, newest first, and the id of the current one. */
function finalState(
  id: string | null,
  ...versions: [id: string, content: Content | null][]
): Found {
  const contents = Object.fromEntries(versions);
  const lines = versions.map(([each, content], i) => {
    const isLatest = id === null ? i === 0 && content === null : each === id;
    return line(each, isLatest, content === null);
  });
  return { current: id === null ? null : { id, content: contents[id] ?? '' }, lines, contents };
}

const history = (operations: readonly Operation[], o: Found, enabled = true): History => ({
  seed: 0,
  where: 'in a test',
  store: 'embedded',
  initially: true,
  operations,
  finally: { enabled, objects: { o } },
});

const both: readonly Operation[] = [put(0, 1, '1', A), put(2, 3, '2', B)];
const asWritten = finalState(B, [B, '2'], [A, '1']);
const overNull: readonly Operation[] = [
  set(0, 1, false),
  put(2, 3, '1'),
  set(4, 5, true),
  put(6, 7, '2', B),
];

const missing = (began: number, ended: number) => op(began, ended, { do: 'get', object: 'o' }, 404);
const overSwift = (of: History): History => ({ ...of, store: 'swift' });

describe('the checker of what Swift misses while it is overwritten', () => {
  it('takes a GET that found nothing, of a Swift only', () => {
    const missed = history([put(0, 1, '1', A), put(2, 5, '2', B), missing(3, 4)], asWritten);
    expect(judge(overSwift(missed))).toEqual([]);
    expect(judge(missed).join()).toContain('no order');
  });

  it.each<[string, History]>([
    ['nothing found after a PUT', history([...both, missing(4, 5)], asWritten)],
    [
      'nothing found before a PUT',
      history([put(0, 1, '1', A), missing(1.5, 2), put(3, 4, '2', B)], asWritten),
    ],
    [
      'an older version',
      history(
        [...both, put(4, 7, '3', C), get(5, 6, '1', A)],
        finalState(C, [C, '3'], [B, '2'], [A, '1']),
      ),
    ],
  ])('finds %s', (_, wrong) => {
    expect(judge(overSwift(wrong)).join()).toContain('no order');
  });
});

describe('the checker of histories of containers with ids', () => {
  it.each<[string, History]>([
    ['a PUT over another', history(both, asWritten)],
    [
      'a DELETE',
      history([put(0, 1, '1', A), remove(2, 3, B)], finalState(null, [B, null], [A, '1'])),
    ],
    ['a version that was removed', history([...both, drop(4, 5, A)], finalState(B, [B, '2']))],
    ['the current version removed', history([...both, drop(4, 5, B)], finalState(null, [A, '1']))],
    [
      'a version in a listing before its PUT is answered',
      history(
        [
          both[0] ?? set(0, 1, true),
          put(2, 9, '2', B),
          list(3, 4, line(B), line(A, true)),
          get(5, 6, '1', A),
        ],
        asWritten,
      ),
    ],
    ['what had no id becomes a version', history(overNull, finalState(B, [B, '2'], [A, '1']))],
    [
      'what had no id is replaced while switched off',
      history(
        [set(0, 1, false), put(2, 3, '1'), put(4, 5, '2'), set(6, 7, true), put(8, 9, '3', B)],
        finalState(B, [B, '3'], [A, '2']),
      ),
    ],
  ])('takes %s', (_, right) => {
    expect(judge(right)).toEqual([]);
  });

  it.each<[string, History, string]>([
    ['a version that is gone', history(both, finalState(B, [B, '2'])), 'is gone'],
    [
      'a version with the body of another',
      history(both, finalState(B, [B, '2'], [A, '2'])),
      'and is 2',
    ],
    [
      'a version that nobody wrote',
      history(both, finalState(B, [B, '2'], [A, '1'], ['0000000000.00001', '1'])),
      'no order',
    ],
    [
      'ids that are not in the order of the writes',
      history([put(0, 1, '1', B), put(2, 3, '2', A)], finalState(A, [B, '1'], [A, '2'])),
      'no order',
    ],
    [
      'an id that two writes got',
      history([put(0, 1, '1', A), put(2, 3, '2', A)], finalState(A, [A, '2'])),
      'an id twice',
    ],
    [
      'an older version read after a newer one was acknowledged',
      history([...both, get(4, 5, '1', A)], asWritten),
      'no order',
    ],
    [
      'a listing without what was acknowledged',
      history([...both, list(4, 5, line(A, true))], asWritten),
      `without ${B}`,
    ],
    [
      'a listing out of order',
      history([...both, list(4, 5, line(A, true), line(B))], asWritten),
      'out of order',
    ],
    [
      'a listing with what was removed',
      history(
        [...both, drop(4, 5, A), list(6, 7, line(B, true), line(A))],
        finalState(B, [B, '2']),
      ),
      `with ${A}`,
    ],
    [
      'a version that was removed and is there',
      history([...both, drop(4, 5, A)], asWritten),
      'no order',
    ],
    ['what had no id and was lost', history(overNull, finalState(B, [B, '2'])), 'no order'],
    [
      'an older version that is current',
      history(both, finalState(A, [B, '2'], [A, '1'])),
      'no order',
    ],
  ])('finds %s', (_, wrong, why) => {
    expect(judge(wrong).join('\n')).toContain(why);
  });
});
