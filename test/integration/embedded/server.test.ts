import { join } from 'node:path';
import { Tokens } from '../../../middleware/tempauth/tokens';
import { readUsers } from '../../../middleware/tempauth/users';
import { Headers } from '../../../src/http/headers';
import { createLog } from '../../../src/util/log';
import { readConfig } from '../../../src/pipeline/load';
import { startServer, type RunningServer } from '../../../src/server/serve';
import { Client } from '../../support/clients/client';
import { run } from '../../support/clients/command';
import { login } from '../../support/servers/embedded';
import { CURL, describeNeeding } from '../../support/running/needs';
import { temporaryFolders } from '../../support/running/temporary_folders';

const WALKTHROUGH = join(__dirname, '../../support/clients/walkthrough.sh');

const newFolder = temporaryFolders();

describe('a server with a store of its own', () => {
  let folder: string;
  let server: RunningServer;

  const configuration = (ip = '127.0.0.1', key = 'testing') =>
    readConfig(
      `[DEFAULT]
bind_ip = ${ip}
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging tempauth versioned_writes embedded
[filter:tempauth]
user_test_tester = ${key} .admin
user_test_tester3 = ${key === 'testing' ? 'testing3' : `${key}-3`}
[filter:versioned_writes]
allow_versioned_writes = true
[app:embedded]
data = ${folder}/data
`,
      'test.conf',
      {},
    );

  beforeAll(async () => {
    folder = await newFolder();
    server = await startServer(configuration(), createLog('silent'));
  });
  afterAll(() => server.close());

  describeNeeding(CURL, 'by curl', () => {
    it('does what the Swift manual shows', async () => {
      const args = [WALKTHROUGH, server.url, 'test:tester', 'testing'];
      const { code, stderr } = await run('bash', args);
      expect([code, stderr]).toEqual([0, '']);
    });
  });

  it('lets nobody do what he may not', async () => {
    const owner = await login(server.url, 'test:tester', 'testing');
    await owner.ask('PUT', '/archive');
    await owner.ask('PUT', '/private', { 'X-Versions-Location': 'archive' });
    await owner.ask('PUT', '/private/o', {}, 'one');
    const stranger = await login(server.url, 'test:tester3', 'testing3');
    const nobody = new Client(server.url, Headers.none, '/v1/AUTH_test');
    const forger = new Client(
      server.url,
      Headers.of({ 'X-Auth-Token': 'AUTH_tknonsense.x' }),
      '/v1/AUTH_test',
    );
    for (const [client, status] of [
      [stranger, 403],
      [nobody, 401],
      [forger, 401],
    ] as const) {
      for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
        expect((await client.ask(method, '/private/o')).status).toBe(status);
      }
      expect((await client.ask('PUT', '/mine')).status).toBe(status);
    }
    expect(await owner.names('archive')).toEqual([]);
    await owner.ask('POST', '/private', { 'X-Container-Write': 'test:tester3' });
    expect((await stranger.ask('PUT', '/private/o', {}, 'two')).status).toBe(201);
    expect(await owner.names('archive')).toHaveLength(1);
    expect((await stranger.ask('GET', '/private/o')).status).toBe(403);
  });

  it('refuses a second server on its data, and the shipped key beyond the loopback interface', async () => {
    await expect(startServer(configuration(), createLog('silent'))).rejects.toThrow(
      /in use by another server/,
    );
    expect(() => configuration('0.0.0.0')).toThrow(
      /test\.conf:7: \[filter:tempauth\] user_test_tester: the key has fewer than 12 characters/,
    );
    expect(() => configuration('0.0.0.0', 'Xq7-another-key')).not.toThrow();
  });
});

describe('a token', () => {
  const tokens = (key: string) =>
    new Tokens(readUsers({ user_a_b: `${key} .admin` }, ['AUTH_']), 'AUTH_', 60);
  const user = readUsers({ user_a_b: 'key .admin' }, ['AUTH_']).get('a:b');

  it('holds for other processes of the same users, for its time, and not after the key was changed', () => {
    if (!user) throw new Error('no such user');
    const { token } = tokens('key').create(user);
    expect(tokens('key').read(token)?.name).toBe('a:b');
    expect(tokens('key').read(token, Date.now() + 61_000)).toBeUndefined();
    expect(tokens('other').read(token)).toBeUndefined();
    expect(tokens('key').read(token.slice(0, -1))).toBeUndefined();
    expect(tokens('key').read('AUTH_tk')).toBeUndefined();
  });
});
