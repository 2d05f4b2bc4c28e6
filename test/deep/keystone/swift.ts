import { Headers } from '../../../src/http/headers';
import { readConfig, type Config } from '../../../src/pipeline/load';
import { createLog } from '../../../src/util/log';
import { startServer, type RunningServer } from '../../../src/server/serve';
import { Client } from '../../support/clients/client';
import type { KeystoneLab, KeystoneUserName } from '../../support/servers/keystone';

/** Versions through Swift's API, for users of Keystone v3. */
export function describeSwift(running: () => KeystoneLab): void {
  let lab: KeystoneLab;
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
upstream = ${lab.swift}
auth_type = password
auth_url = ${lab.keystone}/v3
username = hindsight
password = ${password}
project_name = service
user_domain_name = Default
project_domain_name = Default
`,
      'test.conf',
      {},
    );

  const logIn = async (url: string, name: KeystoneUserName): Promise<Client> => {
    const { token, project } = await lab.logIn(name);
    return new Client(url, Headers.of({ 'X-Auth-Token': token }), `/v1/AUTH_${project}`);
  };

  beforeAll(async () => {
    lab = running();
    proxy = await startServer(config('hindsight'), createLog('silent'));
  });
  afterAll(() => proxy.close());

  it('keeps versions with a service user of Keystone', async () => {
    const client = await logIn(proxy.url, 'demo');
    await client.ask('PUT', '/archive');
    await client.ask('PUT', '/current', { 'X-History-Location': 'archive' });
    for (const body of ['one', 'two'])
      expect((await client.ask('PUT', '/current/o', {}, body)).status).toBe(201);
    expect((await client.ask('DELETE', '/current/o')).status).toBe(204);
    expect(await client.names('archive')).toHaveLength(3);
    const stranger = new Client(
      proxy.url,
      Headers.of({ 'X-Auth-Token': 'nonsense' }),
      client.account,
    );
    expect((await stranger.ask('PUT', '/current/o', {}, 'three')).status).toBe(401);
    expect(await client.names('archive')).toHaveLength(3);
  });

  it('gives versions to all who may write, even if that is everybody with a token, and nothing more', async () => {
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

    const direct = new Client(lab.swift, owner.credentials, owner.account);
    await direct.ask('POST', '/public', { 'X-Remove-Container-Write': 'x' });
    for (const [method, path] of [
      ['PUT', '/public/o'],
      ['DELETE', '/public/o'],
      ['DELETE', '/public/never'],
    ] as const)
      expect([method, (await guest.ask(method, path)).status]).toEqual([method, 403]);
    expect(await owner.names('public-archive')).toHaveLength(3);
  });

  it('fails closed with a service user that Keystone does not know, and reveals no password', async () => {
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
}
