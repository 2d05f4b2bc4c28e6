import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { run, type Ended } from '../../support/clients/command';
import { eventually } from '../../support/running/eventually';
import { CLI } from '../../support/running/paths';
import { temporaryFolders } from '../../support/running/temporary_folders';
import { login } from '../../support/servers/embedded';
import { lastOf } from '../../support/servers/output';
import { freePorts } from '../../support/servers/ports';
import { noteProcess } from '../../support/servers/processes';
import { startProxyProcess } from '../../support/servers/proxy_process';

const newFolder = temporaryFolders();

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
  writeFileSync(join(folder, 'key'), 'the key of a user\n', { mode: 0o600 });
});

const hindsight = (...args: string[]): Promise<Ended> =>
  run(process.execPath, [CLI, ...args], { cwd: folder });
const written = (name = 'my.conf') => readFileSync(join(folder, name), 'utf8');

const EMBEDDED = ['--kind', 'embedded', '--user', 'test:tester'];
const SWIFT = ['--kind', 'swift', '--upstream', 'http://swift.example:8080'];
const KEYSTONE = ['--kind', 'keystone', '--upstream', 'http://swift.example:8080'];
const SERVICE = ['--service-user', 'hindsight', '--service-key-file', 'key'];
const AUTH = ['--auth-url', 'http://keystone.example:5000/v3'];

describe('by flags', () => {
  it.each([
    ['embedded', EMBEDDED],
    ['embedded with users of other letters', [...EMBEDDED, '--user', 'a_b:ü', '--no-s3']],
    ['swift', [...SWIFT, ...SERVICE, '--user', 'test:tester=key']],
    ['swift without a service user', [...SWIFT, '--no-service-user', '--no-s3']],
    ['keystone', [...KEYSTONE, ...SERVICE, ...AUTH, '--service-project', 'admin']],
    ['keystone without a service user', [...KEYSTONE, '--no-service-user', '--no-s3']],
  ])('%s makes a configuration that is valid beyond loopback, too', async (_, flags) => {
    const result = await hindsight('init', 'my.conf', ...flags, '--ip', '0.0.0.0', '--port', '81');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(await hindsight('check', 'my.conf')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^my\.conf is valid: /) as string,
      stderr: '',
    });
    expect(statSync(join(folder, 'my.conf')).mode & 0o777).toBe(0o600);
    // no key is printed if nobody has asked for one
    const keys = written().match(/[0-9a-f]{40}/g) ?? [];
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(result.stdout).not.toContain(key);
    expect(written()).not.toContain('the key of a user');
  });

  it('writes hindsight.conf without a name', async () => {
    expect(await hindsight('init', ...EMBEDDED)).toMatchObject({ code: 0 });
    expect(await hindsight('check', 'hindsight.conf')).toMatchObject({ code: 0 });
  });

  it('overwrites nothing, and follows no link', async () => {
    writeFileSync(join(folder, 'my.conf'), 'mine');
    symlinkSync('elsewhere', join(folder, 'link.conf'));
    for (const name of ['my.conf', 'link.conf'])
      expect(await hindsight('init', name, ...EMBEDDED)).toEqual({
        code: 1,
        stdout: '',
        stderr: `hindsight: ${name} exists, and is not overwritten: choose another name\n`,
      });
    expect(written()).toBe('mine');
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });

  it.each([
    [['--kind', 'keystone', '--upstream', 'http://s'], /needed: --auth-url URL, --service-user .*/],
    [['--kind', 'embedded', '--user', 'a'], /--user: a is not of the form ACCOUNT:NAME/],
    [[...SWIFT, '--service-user', 'a', '--service-key-file', 'none'], /auth_key|none: no such/],
    [
      [...SWIFT.slice(0, 3), 'http://s/path', '--no-service-user'],
      /--upstream: only scheme, host and port/,
    ],
  ])('writes nothing if flags are missing or wrong (%j)', async (flags, said) => {
    const { code, stderr } = await hindsight('init', 'my.conf', ...flags);
    expect([code, stderr]).toEqual([1, expect.stringMatching(said)]);
    expect(readdirSync(folder)).toEqual(['key']);
  });

  it('makes a server whose user logs in, and whose log has no key', async () => {
    const [port] = await freePorts(1);
    await hindsight('init', 'my.conf', ...EMBEDDED, '--port', String(port));
    const key = /^user_test_tester = (\S+)/m.exec(written())?.[1] ?? '';
    const log: string[] = [];
    const server = await startProxyProcess(written(), (line) => log.push(JSON.stringify(line)));
    const client = await login(server.url, 'test:tester', key);
    expect((await client.ask('PUT', '/c')).status).toBe(201);
    await server.stop();
    expect(log.length).toBeGreaterThan(1);
    expect(log.join('\n')).not.toContain(key);
  });
});

describe('at a terminal', () => {
  /** Types answers at a terminal, each after its question; returns all that it shows. */
  async function type(answers: readonly (readonly [question: string, answer: string])[]) {
    const command = `${process.execPath} ${CLI} init my.conf`;
    const options = ['--quiet', '--return', '--flush', '--command', command, '/dev/null'];
    const child = spawn('script', options, { cwd: folder, stdio: 'pipe' });
    noteProcess(child);
    const exited = once(child, 'exit');
    const shown = lastOf(child.stdout);
    for (const [question, answer] of answers) {
      await eventually(`it asks ${question}`, () => shown().includes(question));
      child.stdin.write(answer);
    }
    const [code] = (await exited) as [number];
    return { code, shown: shown() };
  }

  it('what is asked is written, and generated keys are shown once', async () => {
    const { code, shown } = await type([
      ['Kind', 'swift\r'],
      ['Address', '0.0.0.0\r'],
      ['Port', '81\r'],
      ['URL of the Swift', 'http://swift.example\r'],
      ['Service user', 'admin:admin\r'],
      ['users log in', '\r'],
      ['Key of admin:admin', 'typed and hidden\r'],
      ['S3', 'y\r'],
      ['Users of S3', 'test:tester\r'],
      ['Key of test:tester', 'hidden as well\r'],
    ]);
    expect(code).toBe(0);
    const key = /^secret_key = (\S+)/m.exec(written())?.[1] ?? '';
    expect(shown.split(key)).toHaveLength(2);
    expect(shown).not.toContain('hidden');
    expect(written()).toContain('\nauth_key = typed and hidden\n');
    expect(written()).toContain('\nkey = hidden as well\n');
    expect(await hindsight('check', 'my.conf')).toMatchObject({ code: 0 });
  });

  it.each([
    ['Ctrl-C', '\x03'],
    ['the end of the input', '\x04'],
  ])('%s ends it, and nothing is written', async (_, end) => {
    const { code, shown } = await type([
      ['Kind', '\r'],
      ['Address', end],
    ]);
    expect([code, shown]).toEqual([1, expect.stringContaining('hindsight: nothing was written')]);
    expect(readdirSync(folder)).toEqual(['key']);
  });
});
