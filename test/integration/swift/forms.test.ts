import { request as httpRequest } from 'node:http';
import { Headers } from '../../../src/http/headers';
import { Client } from '../../support/clients/client';
import {
  bodies,
  current,
  everything,
  MODES,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
} from '../../support/clients/containers';
import { eventually } from '../../support/running/eventually';
import {
  BOUNDARY,
  FORM_TYPE,
  formBody,
  LIMITS,
  signForm,
  type Fields,
  type FormFile,
} from '../../support/clients/forms';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';

const KEYS = {
  'X-Container-Meta-Temp-Url-Key': 'first',
  'X-Container-Meta-Temp-Url-Key-2': 'second',
  'X-Container-Meta-Access-Control-Allow-Origin': 'http://a.example',
};
const FILE: readonly FormFile[] = [['file', 'content']];

/** A form, and its deviations from the usual one. */
interface Form {
  /** What follows the container in the path. */
  readonly below?: string;
  readonly fields?: Fields;
  /** Unsigned fields. */
  readonly unsigned?: Fields;
  readonly key?: string;
  readonly digest?: string;
  readonly files?: readonly FormFile[];
  /** The path that is signed instead of the right one. */
  readonly signed?: string;
  readonly version?: string;
  readonly headers?: Record<string, string>;
  readonly change?: (body: string) => string;
}

const files = (...names: string[]): FormFile[] => names.map((name) => [name, name]);

const FORMS: readonly (readonly [what: string, form: Form])[] = [
  ['a file', {}],
  ['a file, signed with the other key', { key: 'second' }],
  ['a file, signed with SHA-1', { digest: 'sha1' }],
  ['a file, signed with SHA-512', { digest: 'sha512' }],
  ['a file below a folder', { below: '/in/' }],
  ['a file below a prefix', { below: '/pre' }],
  ['a file below the container with a slash', { below: '/' }],
  ['a file for the API version 1.0', { version: 'v1.0' }],
  ['two files', { files: files('a', 'b') }],
  ['too many files', { files: files('a', 'b', 'c') }],
  [
    'a file that is too long after one that is not',
    { files: [...files('a'), ['b', 'x'.repeat(21)]] },
  ],
  ['no file', { files: [] }],
  [
    'names and types',
    {
      files: [
        ['a b/é%20.txt', 'one\r\n--\r\n', 'Content-Type: text/plain; charset=utf-8\r\n'],
        ['two.png', '', ''],
      ],
    },
  ],
  ['an encoding', { files: [['a', 'b', 'Content-Type: x/y\r\nContent-Encoding: gzip\r\n']] }],
  ['a type for all files', { unsigned: { 'content-type': 'x/y', 'Content-Encoding': 'br' } }],
  ['a time of expiry', { unsigned: { x_delete_at: '9999999999' } }],
  ['a time of expiry that is past', { unsigned: { x_delete_at: '1' } }],
  ['a time of expiry that is none', { unsigned: { x_delete_at: 'x' } }],
  ['a life that is none', { unsigned: { x_delete_after: 'x' } }],
  ['a redirect', { fields: { redirect: 'http://a.example/done' } }],
  ['a redirect with a query', { fields: { redirect: 'http://a.example/done?x=y' } }],
  ['a redirect where nothing was put', { fields: { redirect: 'http://a.example/' }, files: [] }],
  ['a page that may read the answer', { headers: { Origin: 'http://a.example' } }],
  ['a key that is none', { key: 'wrong' }],
  ['another path', { signed: '/v1/AUTH_test/elsewhere' }],
  ['a raised limit', { unsigned: { max_file_size: '21' } }],
  ['no signature', { unsigned: { signature: '' } }],
  ['a digest that nobody knows', { unsigned: { signature: 'md5:AAAA' } }],
  ['a time that is past', { fields: { expires: '1' } }],
  ['a time that is none', { fields: { expires: 'soon' } }],
  ['a time that is far', { fields: { expires: '9'.repeat(30) } }],
  ['a count that is none', { fields: { max_file_count: 'x' } }],
  ['a size that is none', { fields: { max_file_size: 'x' } }],
  ['no count', { fields: { max_file_count: '' } }],
  ['too small a size', { fields: { max_file_size: '6' } }],
  ['a token that is none', { headers: { 'X-Auth-Token': 'AUTH_tkforged' } }],
  ['a preamble', { change: (body) => `preamble\r\n${body}` }],
  ['nothing', { change: () => '' }],
];

async function post(url: string, container: string, form: Form) {
  const { below = '', fields = {}, unsigned = {}, key = 'first', digest, version = 'v1' } = form;
  const path = `/${version}/AUTH_test/${container}${below}`;
  const signed = signForm(form.signed ?? path, { ...LIMITS, ...fields }, key, digest);
  const body = formBody({ ...signed, ...unsigned }, form.files ?? FILE);
  const headers = { ...FORM_TYPE, ...form.headers };
  return new Client(url, Headers.none).send('POST', path, headers, form.change?.(body) ?? body);
}

const SHOWN = ['content-type', 'location', 'www-authenticate', 'access-control-allow-origin'];
const KEPT = ['content-type', 'content-encoding', 'x-delete-at'];

describeWithSwift('forms', ({ plain, versioned }) => {
  const logged: string[] = [];
  const proxy = suiteProxy(plain, {
    filters: 'formpost',
    onLog: (line) => logged.push(JSON.stringify(line)),
  });

  /** Returns the result of a form in a container of its own. */
  async function outcome(url: string, form: Form) {
    const owner = await login(url, 'tester');
    const container = await newContainer(owner, 'forms', KEYS);
    const { status, headers, body } = await post(url, container, form);
    const names = await owner.names(container);
    const kept = names.map(async (name) => {
      const object = await owner.ask('GET', pathOf(container, name));
      return [name, object.body.toString(), ...KEPT.map((each) => object.headers.get(each))];
    });
    const text = body.toString().replaceAll(container, 'CONTAINER');
    return {
      status,
      shown: SHOWN.map((name) => headers.get(name)),
      text,
      kept: await Promise.all(kept),
    };
  }

  it.each(FORMS)("%s: as with Swift's own filter", async (_, form) => {
    const [expected, actual] = await Promise.all(
      [plain, proxy.url].map((url) => outcome(url, form)),
    );
    expect(actual).toEqual(expected);
  });

  it('for a version that is none of the API do not reach the store', async () => {
    const { status, kept } = await outcome(proxy.url, { version: 'v2' });
    expect([status, kept]).toEqual([404, []]);
  });

  it('that break off leave nothing of the file that did', async () => {
    const form = {
      files: files('a', 'b'),
      change: (body: string) => body.slice(0, -BOUNDARY.length),
    };
    const { status, kept } = await outcome(proxy.url, form);
    expect([status, kept.map(([name]) => name)]).toEqual([400, ['a']]);
  });

  describe.each(MODES)('into a versioned container, %s mode', (mode) => {
    async function sequence(url: string) {
      const owner = await login(url, 'tester');
      const { container, archive } = await newPair(owner, mode, KEYS);
      await put(owner, container, 'file', 'zero');
      const statuses: number[] = [];
      for (const form of [
        { files: [['file', 'one']] },
        { files: [['file', 'forged']], key: 'wrong' },
        {
          files: [
            ['file', 'two'],
            ['file', 'three'],
          ],
        },
        { files: [['file', 'x'.repeat(21)]] },
        { files: [['file', 'late']], fields: { expires: '1' } },
        { files: [['file', 'past']], unsigned: { x_delete_at: '1' } },
      ] satisfies Form[])
        statuses.push((await post(url, container, form)).status);
      return { owner, container, archive, statuses };
    }

    it('every file is a version, as with Swift', async () => {
      const [expected, actual] = await Promise.all([versioned, proxy.url].map(sequence));
      expect(actual!.statuses).toEqual([201, 401, 201, 400, 401, 400]);
      expect(actual!.statuses).toEqual(expected!.statuses);
      for (const { owner, container, archive } of [expected!, actual!]) {
        expect(await current(owner, container, 'file')).toBe('three');
        // Swift leaves an entry of each write that failed after archiving; two coincide
        const entries = (await everything(owner, archive)).map(({ body }) => body);
        expect(entries.filter((body) => body !== 'three')).toEqual(['zero', 'one', 'two']);
      }
      expect(await bodies(actual!.owner, actual!.archive)).toEqual(['zero', 'one', 'two']);
    });

    it('a DELETE afterwards does what its client expects', async () => {
      const { owner, container } = await sequence(proxy.url);
      await mustBe(204, owner.ask('DELETE', `/${container}/file`));
      expect(await current(owner, container, 'file')).toBe(mode === 'stack' ? 'two' : 404);
    });

    it('a browser that leaves in the middle of a large file leaves nothing', async () => {
      const owner = await proxy.login('tester');
      const { container, archive } = await newPair(owner, mode, KEYS);
      await put(owner, container, 'file', 'before');
      const path = `${owner.account}/${container}`;
      const fields = signForm(path, { ...LIMITS, max_file_size: '10000000' }, 'first');
      const body = formBody(fields, [['file', 'x'.repeat(300_000)]]);
      const headers = { ...FORM_TYPE, 'Content-Length': String(body.length) };
      const req = httpRequest(proxy.url + path, { method: 'POST', headers, agent: false });
      req.on('error', () => undefined);
      req.write(body.slice(0, 200_000));
      await eventually(
        'the versions are at it',
        async () => (await owner.names(archive)).length === 1,
      );
      req.destroy();
      await eventually('it is undone', async () => (await owner.names(archive)).length === 0);
      expect(await current(owner, container, 'file')).toBe('before');
    });
  });

  it('of a large file all is kept', async () => {
    const owner = await proxy.login('tester');
    const { container, archive } = await newPair(owner, 'history', KEYS);
    const fields = { max_file_size: '10000000' };
    const large = 'x'.repeat(3_000_000);
    for (const body of [large, 'small', large]) {
      const { status } = await post(proxy.url, container, { fields, files: [['file', body]] });
      expect(status).toBe(201);
    }
    expect(await bodies(owner, archive)).toEqual([large, 'small']);
    expect(await current(owner, container, 'file')).toBe(large);
  });

  it('are told of in /info', async () => {
    const info = async (url: string) => {
      const { body } = await new Client(url, Headers.none).send('GET', '/info');
      return (JSON.parse(body.toString()) as { formpost: unknown }).formpost;
    };
    expect(await info(proxy.url)).toEqual(await info(plain));
  });

  it('leave no signature and no key in the log', () => {
    const all = logged.join('\n');
    expect(all).toContain('"POST"');
    for (const secret of ['temp_url', 'signature', 'first', 'second'])
      expect([secret, all.includes(secret)]).toEqual([secret, false]);
  });
});
