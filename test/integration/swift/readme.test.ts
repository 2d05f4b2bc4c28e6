import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../support/clients/command';
import { eventually } from '../../support/running/eventually';
import { freePorts } from '../../support/servers/ports';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';
import { describeWithSwift, login } from '../../support/servers/swift';
import { ROOT } from '../../support/running/paths';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const SAMPLE = readFileSync(join(ROOT, 'config/swift.conf'), 'utf8');

/** Returns the code of a kind under a heading, unchanged except for addresses. */
function code(heading: string, kind: string, addresses: Readonly<Record<string, string>>): string {
  const section = README.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const blocks = [...section.matchAll(new RegExp(`^\`\`\`${kind}\n([^]*?)^\`\`\``, 'gm'))].map(
    (match) => match[1],
  );
  if (blocks.length === 0) throw new Error(`nothing in ${kind} under ${heading}`);
  return Object.entries(addresses).reduce(
    (text, [written, meant]) => text.replaceAll(written, meant),
    blocks.join('\n'),
  );
}

describeWithSwift('what the README says', ({ plain }) => {
  let proxy: ProxyProcess;
  let folder: string;
  beforeAll(async () => {
    const sample = SAMPLE.replaceAll('http://127.0.0.1:18080', plain)
      .replace('${HINDSIGHT_PORT:-8080}', '0')
      .replace('# allow_object_versioning', 'allow_object_versioning')
      // the app below is another server over the same Swift
      .replace('[app:proxy-server]', '[app:proxy-server]\nsole_server_check = off');
    proxy = await startProxyProcess(sample);
  });
  afterAll(() => proxy.stop());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hindsight-readme-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const bash = (script: string) => run('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder });

  it('of a first look works as written', async () => {
    const look = code('A first look', 'bash', { 'http://127.0.0.1:8080': proxy.url });
    const { code: status, stdout, stderr } = await bash(look.replace(/^curl /gm, 'curl -sf '));
    expect([status, stderr]).toEqual([0, '']);
    const row = (isLatest: boolean) => `{[^}]*"name": "report"[^}]*"is_latest": ${isLatest}[^}]*}`;
    const listed = `\\[${row(true)}, ${row(false)}\\]`;
    expect(stdout).toMatch(new RegExp(`^009my_object/\\d{10}\\.\\d{5}\n1${listed}1$`));
  });

  it('of the commands and of the swift client works as written', async () => {
    const source = code('In front of your Swift', 'bash', { 'http://127.0.0.1:8080': proxy.url });
    const [commands = '', client = ''] = source.split(/^(?=export ST_AUTH)/m);
    expect(commands.split('\n').filter((line) => line.startsWith('npx hindsight'))).toHaveLength(2);
    const check = await run('npx', ['hindsight', 'check', '--config', 'config/swift.conf'], {
      cwd: ROOT,
    });
    expect([check.code, check.stdout]).toEqual([
      0,
      expect.stringContaining('config/swift.conf is valid') as string,
    ]);
    const { code: status, stdout, stderr } = await bash(client);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/(006report\/[\d.]+\n){3}first\n$/);
  });

  /** Runs the code under a heading, with a server of its own. */
  const onItsOwn = async (
    heading: string,
    kind: 'bash' | 'js',
    start: (source: string) => ReturnType<typeof bash>,
  ) => {
    const sample = readFileSync(join(ROOT, 'config/embedded.conf'), 'utf8');
    const data = join(folder, 'data');
    const server = await startProxyProcess(
      sample.replace('${HINDSIGHT_DATA:-./data}', data).replace('${HINDSIGHT_PORT:-8080}', '0'),
    );
    try {
      return await start(code(heading, kind, { '127.0.0.1:8080': new URL(server.url).host }));
    } finally {
      await server.stop();
    }
  };

  /** The same for a script that needs a package. */
  const script = (heading: string, needed: string) =>
    onItsOwn(heading, 'js', (source) => {
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(join(ROOT, 'node_modules', needed), join(folder, 'node_modules', needed));
      writeFileSync(join(folder, 'script.js'), source);
      return bash('QINGSTOR_CONFIG_PATH="$PWD/qingstor.yaml" node script.js');
    });

  it('of clients of S3 works as written', async () => {
    const { code: status, stdout, stderr } = await onItsOwn('With clients of S3', 'bash', bash);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/(report\t\d{10}\.\d{5}\t2\n){2}[^]*\n1\n$/);
  });

  it('of a client of COS works as written', async () => {
    expect(await script('With a client of COS', 'cos-nodejs-sdk-v5')).toMatchObject({
      code: 0,
      stdout: '1\n',
    });
  });

  it('of a client of QingStor works as written', async () => {
    const result = await script('With a client of QingStor', 'qingstor-sdk');
    expect(result).toMatchObject({ code: 0, stdout: '3 first\nfirst\n' });
  });

  it('of an Express app works as written', async () => {
    const [port = 0] = await freePorts(1);
    const addresses = { 'http://127.0.0.1:18080': plain, 'listen(8080': `listen(${port}` };
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules/hindsight'));
    for (const name of ['express', 'http-proxy-middleware']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    writeFileSync(join(folder, 'app.js'), code('In an Express app', 'js', addresses));
    const app = spawn(process.execPath, ['app.js'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    try {
      const url = `http://127.0.0.1:${port}`;
      const answers = () =>
        login(url, 'tester').then(
          () => true,
          () => false,
        );
      await eventually('the app answers', answers);
      const client = await login(url, 'tester');
      await client.ask('PUT', '/readme-archive');
      await client.ask('PUT', '/readme', { 'X-Versions-Location': 'readme-archive' });
      for (const body of ['1', '2']) await client.ask('PUT', '/readme/o', {}, body);
      await client.ask('DELETE', '/readme/o');
      expect((await client.ask('GET', '/readme/o')).body.toString()).toBe('1');
    } finally {
      app.kill();
      await once(app, 'exit');
    }
  });
});
