import { join } from 'node:path';
import type { RunningServer } from '../../../src/server/serve';
import { run } from '../../support/clients/command';
import { startExpressApp } from '../../support/servers/express_app';
import { startProxy } from '../../support/servers/proxy';
import { describeWithSwift, login, USERS } from '../../support/servers/swift';
import { describeInDepth } from '../../support/running/depth';

const SCRIPT = join(__dirname, '../../support/clients/walkthrough.sh');

const walk = (url: string, ...how: string[]) => run('bash', [SCRIPT, url, ...USERS.tester, ...how]);

type Endpoint = Pick<RunningServer, 'url' | 'close'>;

describeWithSwift('the walk-throughs of the Swift manual', ({ plain, versioned }) => {
  const endpoints: readonly (readonly [name: string, start: () => Promise<Endpoint>])[] = [
    ['through Hindsight with a service user', () => startProxy(plain)],
    ["through Hindsight with the client's token", () => startProxy(plain, { service: false })],
    // Swift's own responses prove that the script sends the right requests
    [
      'through nothing but Swift with its own versions',
      () => Promise.resolve({ url: versioned, close: () => Promise.resolve() }),
    ],
  ];
  const expressApps: typeof endpoints = [
    ['through an Express app with versionedWrites mounted', () => startExpressApp(plain)],
    [
      "through an Express app with versionedWrites and the client's token",
      () => startExpressApp(plain, {}),
    ],
  ];

  async function expectWalk(endpoint: Endpoint | undefined, how: string): Promise<void> {
    const client = await login(plain, 'tester');
    const before = await client.names('');
    const { code, stdout, stderr } = await walk(endpoint?.url ?? '', how);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('All is as the manual says.');
    expect(await client.names('')).toEqual(before);
  }

  // each takes hundreds of processes; an integration suite walks over the embedded store
  describeInDepth('of every way to a Swift', () => {
    describe.each([...endpoints, ...expressApps])('%s', (name, start) => {
      let endpoint: Endpoint | undefined;
      beforeAll(async () => {
        endpoint = await start();
      });
      afterAll(() => endpoint?.close());

      it('answer what the manual prints and leave nothing behind', () =>
        expectWalk(endpoint, 'with-bodies'));

      // an Express app's server is its own: bytes after a request's end never reach us
      if (expressApps.some(([each]) => each === name)) return;
      it('do so byte for byte as printed, with a Content-Length of 0 before bodies', () =>
        expectWalk(endpoint, 'as-printed'));
    });
  });

  it('fail, with the reason, if there are no versions', async () => {
    const client = await login(plain, 'tester');
    const before = await client.names('');
    const { code, stderr } = await walk(plain);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^walkthrough: expected the header X-Versions-Location: archive-/);
    expect(await client.names('')).toEqual(before);
  });
});
