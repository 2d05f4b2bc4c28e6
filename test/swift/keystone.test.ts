import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { request } from 'undici';
import { Headers } from '../../src/http/headers';
import { readConfig, type Config } from '../../src/pipeline/load';
import { createLog } from '../../src/log';
import { startServer, type RunningServer } from '../../src/server/serve';
import { Client } from '../support/client';
import { freePorts } from '../support/ports';
import { describeWithSwift } from '../support/swift';

const LAB = join(__dirname, '../support/keystone-lab');

describeWithSwift('a Swift whose users log in with Keystone v3', () => {
  let keystone: string;
  let swift: string;
  let proxy: RunningServer;

  const config = (password: string): Config =>
    readConfig(
      `[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper versioned_writes proxy-server
[filter:versioned_writes]
allow_versioned_writes = true
[app:proxy-server]
use = swift
upstream = ${swift}
auth_type = password
auth_url = ${keystone}/v3
username = hindsight
password = ${password}
project_name = service
user_domain_name = Default
project_domain_name = Default
`,
      'test.conf',
      {},
    );

  /** A user and the project of each. */
  const USERS = { demo: 'demo', guest: 'guests' };

  const logIn = async (url: string, name: keyof typeof USERS): Promise<Client> => {
    const domain = { name: 'Default' };
    const { headers, body } = await request(`${keystone}/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        auth: {
          identity: { methods: ['password'], password: { user: { name, password: name, domain } } },
          scope: { project: { name: USERS[name], domain } },
        },
      }),
    });
    const { token } = (await body.json()) as { token: { project: { id: string } } };
    const credentials = Headers.of({ 'X-Auth-Token': String(headers['x-subject-token']) });
    return new Client(url, credentials, `/v1/AUTH_${token.project.id}`);
  };

  beforeAll(async () => {
    const [one, other] = await freePorts(2);
    const { status, stderr } = spawnSync('bash', [LAB, 'up', String(one), String(other)], {
      encoding: 'utf8',
    });
    if (status !== 0)
      throw new Error(`Keystone did not start (test/support/keystone-lab install?): ${stderr}`);
    keystone = `http://127.0.0.1:${String(one)}`;
    swift = `http://127.0.0.1:${String(other)}`;
    proxy = await startServer(config('hindsight'), createLog('silent'));
  }, 120_000);
  afterAll(async () => {
    await proxy.close();
    spawnSync('bash', [LAB, 'down']);
  });

  it('keeps versions with a service user of Keystone', async () => {
    const client = await logIn(proxy.url, 'demo');
    await client.ask('PUT', '/archive');
    await client.ask('PUT', '/current', { 'X-History-Location': 'archive' });
    for (const body of ['one', 'two'])
      expect((await client.ask('PUT', '/current/o', {}, body)).status).toBe(201);
    expect((await client.ask('DELETE', '/current/o')).status).toBe(204);
    expect(await client.names('archive')).toHaveLength(3);
    const stranger = new Client(proxy.url, Headers.of({ 'X-Auth-Token': 'nonsense' }), client.account);
    expect((await stranger.ask('PUT', '/current/o', {}, 'three')).status).toBe(401);
    expect(await client.names('archive')).toHaveLength(3);
  });

  it('gives versions to whoever may write, also where that is everybody with a token, and nothing more', async () => {
    const owner = await logIn(proxy.url, 'demo');
    const everybody = { 'X-Container-Write': '*:*', 'X-History-Location': 'public-archive' };
    await owner.ask('PUT', '/public-archive');
    expect((await owner.ask('PUT', '/public', everybody)).status).toBe(201);
    const { credentials } = await logIn(proxy.url, 'guest');
    const guest = new Client(proxy.url, credentials, owner.account);
    for (const body of ['one', 'two'])
      expect((await guest.ask('PUT', '/public/o', {}, body)).status).toBe(201);
    expect((await guest.ask('DELETE', '/public/o')).status).toBe(204);
    expect(await owner.names('public-archive')).toHaveLength(3);
    const nobody = new Client(proxy.url, Headers.none, owner.account);
    expect((await nobody.ask('PUT', '/public/o', {}, 'three')).status).toBe(401);
    for (const path of ['/public/o', '/public', '/public-archive'])
      expect([path, (await guest.ask('GET', path)).status]).toEqual([path, 403]);

    const direct = new Client(swift, owner.credentials, owner.account);
    await direct.ask('POST', '/public', { 'X-Remove-Container-Write': 'x' });
    for (const [method, path] of [
      ['PUT', '/public/o'],
      ['DELETE', '/public/o'],
      ['DELETE', '/public/never'],
    ] as const)
      expect([method, (await guest.ask(method, path)).status]).toEqual([method, 403]);
    expect(await owner.names('public-archive')).toHaveLength(3);
  });

  it('fails closed with a service user that Keystone does not know, and tells no password', async () => {
    const wrong = await startServer(config('wrong-password'), createLog('silent'));
    try {
      const client = await logIn(wrong.url, 'demo');
      const { status, body } = await client.ask('PUT', '/current/o', {}, 'four');
      expect(status).toBe(503);
      expect(body.toString()).toContain('the service user hindsight could not log in');
      expect(body.toString()).not.toContain('wrong-password');
    } finally {
      await wrong.close();
    }
  });
});
