import { Headers } from '../../../src/http/headers';
import type { Handler, Request } from '../../../src/swift_api/message';
import { parseQuery } from '../../../src/swift_api/target';
import { NEW_MARKER_TYPE, DELETE_MARKER_TYPE } from '../../../src/swift_api/markers';
import { hideUnfinished } from '../../../src/versioning/hide_unfinished';

const name = (n: number) => `001o/000000000${n}.00001`;
const half = (n: number) => ({ name: name(n), content_type: NEW_MARKER_TYPE });
const whole = (n: number) => ({ name: name(n), content_type: DELETE_MARKER_TYPE });

/** A store that lists some entries, in the requested forms and pages. */
function listing(entries: readonly { name: string; content_type: string }[]) {
  const queries: string[] = [];
  const store: Handler = ({ query }: Request) => {
    queries.push(query);
    const parameters = parseQuery(query);
    const isReverse = parameters.get('reverse') === 'true';
    const marker = parameters.get('marker') ?? '';
    const ordered = isReverse ? [...entries].reverse() : entries;
    const rest = ordered.filter(
      (each) => marker === '' || (isReverse ? each.name < marker : each.name > marker),
    );
    const page = rest.slice(0, Number(parameters.get('limit') ?? 10_000));
    const isJson = parameters.get('format') === 'json';
    const text = isJson ? JSON.stringify(page) : page.map((each) => `${each.name}\n`).join('');
    const type = isJson ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8';
    const headers = Headers.of({
      'Content-Type': type,
      'X-Container-Object-Count': String(entries.length),
    });
    return Promise.resolve({ status: 200, headers, body: Buffer.from(text) });
  };
  const ask = async (query: string, path = '/v1/a/archive') => {
    const request = { method: 'GET', path, query, headers: Headers.none } as unknown as Request;
    const { status, headers, body } = await hideUnfinished(store)(request);
    if (!Buffer.isBuffer(body)) throw new Error('a stream');
    return { status, text: body.toString(), count: headers.get('x-container-object-count') };
  };
  const names = async (query: string) =>
    (JSON.parse((await ask(`format=json&${query}`)).text) as { name: string }[]).map(
      (each) => each.name,
    );
  return { ask, names, queries };
}

describe('markers that are half made', () => {
  it('are in no listing, in any form', async () => {
    const { ask, names } = listing([whole(1), half(2), whole(3)]);
    expect(await names('')).toEqual([name(1), name(3)]);
    expect((await ask('')).text).toBe(`${name(1)}\n${name(3)}\n`);
    const xml = (await ask('format=xml')).text;
    expect(xml).not.toContain(name(2));
  });

  it('may be counted', async () => {
    expect((await listing([half(1), whole(2)]).ask('')).count).toBe('2');
  });

  it('leave no text if nothing else is there', async () => {
    expect(await listing([half(1)]).ask('')).toMatchObject({ status: 204, text: '' });
    expect(await listing([half(1)]).names('')).toEqual([]);
  });

  it.each(['', '&reverse=true'])('leave pages as long as without them%s', async (order) => {
    const { names } = listing([whole(1), half(2), half(3), half(4), whole(5), half(6), whole(7)]);
    const expected = [name(1), name(5), name(7)];
    if (order !== '') expected.reverse();
    for (const limit of [1, 2, 3]) {
      const listedNames: string[] = [];
      for (let marker = ''; ;) {
        const page = await names(`limit=${limit}&marker=${encodeURIComponent(marker)}${order}`);
        if (page.length === 0) break;
        listedNames.push(...page);
        marker = page.at(-1) ?? '';
      }
      expect(listedNames).toEqual(expected);
    }
  });

  it('cost nothing if there are none: a listing that has types, or no archive entry', async () => {
    const { names, ask, queries } = listing([
      whole(1),
      { name: 'plain', content_type: 'text/plain' },
    ]);
    await names('');
    expect(queries).toHaveLength(1);
    const plain = listing([{ name: 'plain', content_type: 'text/plain' }]);
    await plain.ask('');
    expect(plain.queries).toHaveLength(1);
    await ask('');
    expect(queries).toHaveLength(3);
  });

  it('are looked for in no account, and in no versions', async () => {
    const { ask } = listing([half(1)]);
    expect((await ask('format=json', '/v1/a')).text).toContain(name(1));
    expect((await ask('format=json', '/v1/a/.hindsight-versions-c')).text).toContain(name(1));
  });
});
