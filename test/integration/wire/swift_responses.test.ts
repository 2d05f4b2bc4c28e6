import { newContainer } from '../../support/clients/containers';
import { RawConnection, values } from '../../support/clients/raw_connection';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';

describeWithSwift('answers of the real Swift', ({ plain }) => {
  const proxy = suiteProxy(plain);
  let path: string;
  let auth: string;
  const SIZE = 2_000_000;

  beforeAll(async () => {
    const direct = await login(plain, 'tester');
    auth = `X-Auth-Token: ${direct.credentials.get('x-auth-token') ?? ''}`;
    const container = await newContainer(direct);
    path = `${direct.account}/${container}`;
    await direct.ask(
      'PUT',
      `/${container}/large`,
      { 'Content-Type': 'text/x' },
      Buffer.alloc(SIZE, 'x'),
    );
    await direct.ask('PUT', `/${container}/small`, { 'Content-Type': 'text/x' }, '0123456789');
  });

  /** Sends the same request past the proxy and through it, over separate connections. */
  async function both(method: string, target: string, ...lines: string[]) {
    const answers = [];
    for (const url of [plain, proxy.url]) {
      const client = await RawConnection.open(url);
      answers.push(await client.ask(method, target, auth, ...lines));
      await client.leave();
    }
    return answers as [(typeof answers)[number], (typeof answers)[number]];
  }

  it('HEAD of a container, 100 times on one connection', async () => {
    const client = await RawConnection.open(proxy.url);
    for (let i = 0; i < 100; i++) {
      const answer = await client.ask('HEAD', path, auth);
      expect([i, answer.status, values(answer, 'x-container-object-count')]).toEqual([
        i,
        204,
        ['2'],
      ]);
    }
    await client.leave();
  });

  it.each([
    ['HEAD', '/large', []],
    ['GET', '/large', []],
    ['GET', '/large', ['Range: bytes=10-19']],
    ['GET', '/small', ['Range: bytes=20-30']],
    ['GET', '/small', ['If-None-Match: *']],
    ['HEAD', '/small', ['If-None-Match: *']],
    ['GET', '/small', ['If-Match: "x"']],
    ['GET', '/missing', []],
    ['HEAD', '/missing', []],
    ['GET', '', []],
    ['HEAD', '', []],
    ['GET', '?format=json&limit=1', []],
    ['GET', '?format=xml', []],
    ['POST', '', []],
    ['OPTIONS', '/small', ['Origin: http://x', 'Access-Control-Request-Method: GET']],
    ['WHATEVER', '/small', []],
    ['PATCH', '/small', []],
  ])('are what they are past the proxy: %s %s %j', async (method, name, lines) => {
    const [direct, through] = await both(method, path + name, ...lines);
    expect(through.status).toBe(direct.status);
    if (method === 'WHATEVER') return;
    if (method !== 'PATCH') {
      const own =
        /^(date|x-trans-id|x-openstack-request-id|connection|keep-alive|transfer-encoding)$/i;
      const fields = (answer: typeof direct) =>
        answer.fields
          .filter(([field]) => !own.test(field))
          .map(([field, value]) => [field.toLowerCase(), value])
          .sort();
      expect(fields(through)).toEqual(fields(direct));
    }
    expect(through.body.equals(direct.body)).toBe(true);
    expect(through.complete).toBe(true);
  });

  it('several ranges', async () => {
    const [direct, through] = await both('GET', `${path}/small`, 'Range: bytes=0-1,4-5');
    const parts = (answer: typeof direct) => {
      const boundary = /boundary=(\S+)/.exec(values(answer, 'content-type')[0] ?? '')?.[1] ?? '';
      return answer.body.toString().replaceAll(boundary, 'BOUNDARY');
    };
    expect([through.status, parts(through)]).toEqual([206, parts(direct)]);
  });

  it('a transaction has the id that the store gave it', async () => {
    const client = await RawConnection.open(proxy.url);
    const answer = await client.ask('GET', `${path}/small`, auth, 'X-Trans-Id-Extra: mine');
    expect(values(answer, 'x-trans-id')).toEqual([
      expect.stringMatching(/^tx[0-9a-f]{21}-[0-9a-f]{10}-mine$/),
    ]);
    await client.leave();
  });
});
