import { newContainer, newPair } from '../../support/clients/containers';
import { eventually } from '../../support/running/eventually';
import { startProxy } from '../../support/servers/proxy';
import { RawConnection, values } from '../../support/clients/raw_connection';
import { describeWithSwift, login } from '../../support/servers/swift';
import { Client } from '../../support/clients/client';
import { onWire } from '../../support/servers/wire';

const PATH = '/v1/AUTH_test/c/o';

describe('the log', () => {
  it('has a line for each request of the pipeline and of the shell', () =>
    onWire(
      'HTTP/1.1 200 OK\r\nX-Trans-Id: txstore\r\nContent-Length: 4\r\n\r\nbody',
      async ({ open, log }) => {
        const client = await open();
        await client.head('PUT', `${PATH}%20%C3%A9`, 'Content-Length: 5');
        await client.write('hello');
        await client.answer();
        await client.ask('GET', `${PATH}?temp_url_sig=secret&x`);
        await client.head('POST', '/auth/x?secret', 'Content-Length: 5');
        await client.write('hello');
        await client.answer();
        const requests = () => log.filter(({ method }) => method);
        await eventually('three lines', () => requests().length === 3);
        const line = (part: object) => ({
          level: 'info',
          time: expect.any(String) as unknown,
          ms: expect.any(Number) as unknown,
          txid: expect.stringMatching(/^tx[0-9a-f]{21}-[0-9a-f]{10}$/) as unknown,
          status: 200,
          ...part,
        });
        const store = { x_trans_id: 'txstore', bytes_out: 4 };
        expect(requests()).toEqual([
          line({ method: 'PUT', path: `${PATH} é`, bytes_in: 5, ...store }),
          line({ method: 'GET', path: PATH, bytes_in: 0, ...store }),
          line({ method: 'POST', path: '/auth/x', bytes_in: 5, ...store }),
        ]);
      },
      { app: 'passthrough = POST:/auth/*' },
    ));
});

it('has of a whole URL only the path, and nothing of one with a password before its host', () =>
  onWire('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', async ({ open, log }) => {
    const client = await open();
    for (const path of ['/auth/x', PATH]) {
      await client.ask('GET', `http://elsewhere.test${path}?y`);
      await client.ask('GET', `http://user:secret@elsewhere.test${path}?y`);
    }
    const paths = () => log.filter(({ method }) => method).map(({ path }) => path);
    await eventually('four lines', () => paths().length === 4);
    expect(paths()).toEqual(['/auth/x', '(malformed)', PATH, '(malformed)']);
  }));

describeWithSwift('the log, in front of the real Swift', ({ plain }) => {
  it('never holds a token, a secret or a signature', async () => {
    const lines: string[] = [];
    const onLog = (line: Record<string, unknown>) => lines.push(JSON.stringify(line));
    const proxy = await startProxy(plain, { onLog });
    try {
      const client = await login(proxy.url, 'tester');
      const token = client.credentials.get('x-auth-token') ?? '';
      const { container } = await newPair(client, 'stack');
      const other = await newContainer(client);
      for (const body of ['1', '2']) await client.ask('PUT', `/${container}/o`, {}, body);
      await client.ask('GET', `/${container}/o?temp_url_sig=SIGNATURE&temp_url_expires=1`);
      await client.ask('PUT', `/${other}/o?temp_url_sig=SIGNATURE&temp_url_expires=1`, {}, 'x');
      await client.ask('PUT', `/${container}/o?temp_url_sig=SIGNATURE&temp_url_expires=1`, {}, 'x');
      await client.ask(
        'DELETE',
        `/${container}/o?temp_url_sig=SIGNATURE&temp_url_expires=9999999999`,
      );
      await client.ask('DELETE', `/${container}/o`, { Authorization: 'AWS SIGNATURE:x' });
      await client.send('GET', '/auth/v1.0', {
        'X-Auth-User': 'test:tester',
        'X-Auth-Key': 'SECRET',
      });
      await client.send('GET', '/auth/v1.0?key=SECRET');
      const wrong = new Client(
        proxy.url,
        client.credentials.with('X-Auth-Token', 'SECRET'),
        client.account,
      );
      await wrong.ask('PUT', `/${container}/o`, {}, 'x');
      expect(lines.length).toBeGreaterThan(10);
      const all = lines.join('\n');
      for (const secret of [token, 'SECRET', 'SIGNATURE', 'testing', '"admin"'])
        expect([secret, all.includes(secret)]).toEqual([secret, false]);
    } finally {
      await proxy.close();
    }
  });

  it('nor does it where the service user cannot log in, or the store is not there', async () => {
    const lines: string[] = [];
    const onLog = (line: Record<string, unknown>) => lines.push(JSON.stringify(line));
    const app = `auth_url = ${plain}/auth/v1.0\nauth_user = admin:admin\nauth_key = SECRET`;
    const proxy = await startProxy(plain, { onLog, service: false, app });
    try {
      const client = await login(proxy.url, 'tester');
      expect((await client.ask('PUT', '/c/o', {}, 'x')).status).toBe(503);
      const all = lines.join('\n');
      expect(all).toContain('could not log in');
      expect(all).not.toContain('SECRET');
      expect(all).not.toContain(client.credentials.get('x-auth-token'));
    } finally {
      await proxy.close();
    }
  });
});

describeWithSwift('the gatekeeper', ({ plain }) => {
  const RESERVED = [
    'X-Container-Meta-Hindsight-Versions-Mode',
    'x-container-meta-hindsight-versions-location-0',
    'X_Container_Meta_Hindsight_Versions_Mode',
    'X-Container_Meta-HINDSIGHT_x',
    'X-Remove-Container-Meta-Hindsight-Versions-Mode',
    'x_remove_container_meta_hindsight_versions_mode',
  ];

  it('refuses what is reserved, and shows none of it, not even to browsers', async () => {
    const proxy = await startProxy(plain);
    try {
      const client = await login(proxy.url, 'tester');
      const direct = new Client(plain, client.credentials, client.account);
      const { container } = await newPair(client, 'history', {
        'X-Container-Meta-Access-Control-Allow-Origin': '*',
        'X-Container-Meta-Mine': '1',
        'X-Container-Read': '.r:*',
      });
      await client.ask('PUT', `/${container}/o`, {}, 'x');
      const before = await direct.ask('GET', `/${container}`);
      for (const name of RESERVED) {
        for (const method of ['POST', 'PUT', 'GET', 'DELETE']) {
          const refused = await client.ask(method, `/${container}`, { [name]: 'x' });
          expect([name, method, refused.status]).toEqual([name, method, 400]);
        }
        const raw = await RawConnection.open(proxy.url);
        const auth = `X-Auth-Token: ${client.credentials.get('x-auth-token') ?? ''}`;
        // Python once took this byte for the end of a line
        await raw.ask(
          'POST',
          `${client.account}/${container}`,
          auth,
          'Content-Length: 0',
          `X-A: a\x85${name}: x`,
        );
        await raw.leave();
      }
      const own = (headers: Client['credentials']) =>
        [...headers.entries()].filter(([name]) => name.includes('hindsight')).sort();
      const after = await direct.ask('GET', `/${container}`);
      expect(own(after.headers)).toEqual(own(before.headers));
      expect(own(after.headers)).not.toEqual([]);

      for (const path of [`/${container}`, `/${container}/o`]) {
        for (const method of ['GET', 'HEAD', 'OPTIONS']) {
          const raw = await RawConnection.open(proxy.url);
          const auth = `X-Auth-Token: ${client.credentials.get('x-auth-token') ?? ''}`;
          const lines = [auth, 'Origin: http://site.test', 'Access-Control-Request-Method: GET'];
          const answer = await raw.ask(method, client.account + path, ...lines);
          expect([method, path, answer.status < 300]).toEqual([method, path, true]);
          expect(JSON.stringify(answer.fields).toLowerCase()).not.toContain('hindsight');
          if (method === 'GET')
            expect(values(answer, 'access-control-expose-headers').join()).toMatch(/x-trans-id/i);
          await raw.leave();
        }
      }
    } finally {
      await proxy.close();
    }
  });
});
