import { drain } from '../../../src/http/body';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, type Handler, type Request } from '../../../src/swift_api/message';
import { parseTarget, type ObjectTarget } from '../../../src/swift_api/target';
import type { App } from '../../../src/plugin/plugin';
import { createSwiftApp, swift } from '../../../src/stores/swift/app';
import { Rights } from '../../../src/stores/swift/rights';
import { SelfTest } from '../../../src/stores/swift/self_test';
import type { Client } from '../../support/clients/client';
import { current, mustBe, newContainer, put } from '../../support/clients/containers';
import { eventually } from '../../support/running/eventually';
import { describeWithSwift, login } from '../../support/servers/swift';
import { temporary } from '../../support/clients/temp_urls';

const KEY = { 'X-Container-Meta-Temp-Url-Key': 'key' };
const ADMIN = '/v1/AUTH_admin';

describeWithSwift('the right to write', ({ plain }) => {
  let app: App;
  let owner: Client;
  let container: string;
  /** The requests to the store in a client's name. */
  let requests: Request[];

  beforeAll(async () => {
    const user = { auth_url: `${plain}/auth/v1.0`, auth_user: 'admin:admin', auth_key: 'admin' };
    app = createSwiftApp(swift.options.parse({ upstream: plain, ...user }));
    owner = await login(plain, 'tester');
    container = await newContainer(owner, 'rights', KEY);
    await put(owner, container, 'object', 'before');
  });
  afterAll(() => app.close());
  beforeEach(() => {
    requests = [];
  });

  const recorded: Handler = (request) => {
    if (request.authority === 'client' && !request.path.startsWith(ADMIN)) requests.push(request);
    return app.handler(request);
  };
  const rightsOver = (send: Handler, rememberedFor = 60_000) =>
    new Rights(send, new SelfTest(send, () => Promise.resolve(ADMIN)), rememberedFor);

  function request(method: string, credentials: Headers, query = '', of = container): Request {
    const path = `${owner.account}/${of}/object`;
    const signal = new AbortController().signal;
    const more = { body: NO_BODY, signal, transactionId: 'tx', receivedBytes: () => 0 };
    return { method, path, query, headers: credentials, authority: 'client', ...more };
  }
  const targetOf = ({ path }: Request) => parseTarget(path) as ObjectTarget;
  const signed = (method: string, key = 'key') =>
    temporary(method, `${owner.account}/${container}/object`, { key });

  /** Returns whether the right was granted, and the number of requests to the store. */
  async function ask(
    rights: Rights,
    original: Request,
    fresh = false,
  ): Promise<[granted: boolean, count: number]> {
    const before = requests.length;
    const right = await rights.mayWrite(original, targetOf(original), fresh);
    if ('status' in right) await drain(right.body);
    return [!('status' in right), requests.length - before];
  }

  it('of a token is remembered for its container', async () => {
    const rights = rightsOver(recorded);
    const other = await newContainer(owner, 'rights');
    const again = await login(plain, 'admin');
    expect(await ask(rights, request('PUT', owner.credentials))).toEqual([true, 1]);
    expect(await ask(rights, request('DELETE', owner.credentials))).toEqual([true, 0]);
    expect(await ask(rights, request('PUT', owner.credentials, '', other))).toEqual([true, 1]);
    expect(await ask(rights, request('PUT', again.credentials))).toEqual([true, 1]);
    expect(
      await ask(rights, request('PUT', owner.credentials.with('X-Service-Token', 'x'))),
    ).toEqual([true, 1]);
  });

  it('is asked for anew where it has to be fresh, where it was refused since, and where nothing is remembered', async () => {
    const rights = rightsOver(recorded);
    const put = request('PUT', owner.credentials);
    await ask(rights, put);
    expect(await ask(rights, put, true)).toEqual([true, 1]);
    rights.invalidate(request('GET', owner.credentials));
    expect(await ask(rights, put)).toEqual([true, 0]);
    const copy = {
      ...request('COPY', owner.credentials.with('Destination', `${container}/object`), '', 'x'),
    };
    rights.invalidate(copy);
    expect(await ask(rights, put)).toEqual([true, 1]);
    const none = rightsOver(recorded, 0);
    for (let i = 0; i < 2; i++) expect(await ask(none, put)).toEqual([true, 1]);
  });

  it('is not remembered for longer than it may be', async () => {
    const rights = rightsOver(recorded, 20);
    const put = request('PUT', owner.credentials);
    await ask(rights, put);
    await eventually('it is asked for again', async () => (await ask(rights, put))[1] === 1);
  });

  it('is not remembered where there is none', async () => {
    const rights = rightsOver(recorded);
    const stranger = await login(plain, 'tester2');
    for (let i = 0; i < 2; i++) {
      expect(await ask(rights, request('PUT', stranger.credentials))).toEqual([false, 1]);
      expect(await ask(rights, request('PUT', Headers.none))).toEqual([false, 1]);
    }
  });

  it.each(['PUT', 'POST', 'DELETE'])(
    'of who has signed a %s is never remembered',
    async (method) => {
      const rights = rightsOver(recorded);
      await ask(rights, request(method, owner.credentials));
      for (let i = 0; i < 2; i++) {
        expect(await ask(rights, request(method, Headers.none, signed(method)))).toEqual([true, 1]);
        expect(await ask(rights, request(method, owner.credentials, signed(method)))).toEqual([
          true,
          1,
        ]);
        // the signature counts, not the token
        expect(await ask(rights, request(method, owner.credentials, signed(method, 'x')))).toEqual([
          false,
          1,
        ]);
      }
      expect(await current(owner, container, 'object')).toBe('before');
    },
  );

  /**
   * A store that receives signed requests without some headers, as an operator may
   * configure (incoming_remove_headers).
   */
  const without =
    (...names: string[]): Handler =>
    (original) =>
      recorded(
        original.query === ''
          ? original
          : { ...original, headers: original.headers.without(...names) },
      );

  it.each([
    ['PUT', ['x-delete-at', 'content-type']],
    ['POST', [`x-object-meta-${'x'.repeat(256)}`]],
    ['DELETE', ['x-if-delete-at']],
  ])(
    'of who has signed a %s cannot be told by a store that does not see what is impossible about it',
    async (method, names) => {
      const rights = rightsOver(without(...names));
      const { credentials } = owner;
      for (let i = 0; i < 2; i++) {
        await expect(ask(rights, request(method, Headers.none, signed(method)))).rejects.toThrow(
          `the rights of clients cannot be established: this store answers `,
        );
      }
      expect(requests).toEqual([]);
      // by token it can be determined all the same
      expect(await ask(rights, request(method, credentials))).toEqual([true, 1]);
      expect(await current(owner, container, 'object')).toBe('before');
    },
  );

  it("is nobody's where the store takes no temporary URLs for the method", async () => {
    const rights = rightsOver((original) =>
      // as Swift if its option `methods` lacks DELETE: no signature counts
      recorded(
        original.method === 'DELETE' && original.query
          ? { ...original, query: 'temp_url_sig=' }
          : original,
      ),
    );
    expect(await ask(rights, request('DELETE', Headers.none, signed('DELETE')))).toEqual([
      false,
      0,
    ]);
    expect(await ask(rights, request('PUT', Headers.none, signed('PUT')))).toEqual([true, 1]);
  });

  it('can be told by many proxies that begin at once', async () => {
    const admin = await login(plain, 'admin');
    const remove = { 'X-Remove-Container-Meta-Temp-Url-Key': 'x' };
    await admin.ask('PUT', '/hindsight-self-test');
    for (let round = 0; round < 3; round++) {
      await mustBe(204, admin.ask('POST', '/hindsight-self-test', remove));
      const all = Array.from({ length: 4 }, () => rightsOver(recorded));
      const results = all.map((rights) => ask(rights, request('PUT', Headers.none, signed('PUT'))));
      expect((await Promise.all(results)).map(([granted]) => granted)).toEqual([
        true,
        true,
        true,
        true,
      ]);
    }
  });
});
