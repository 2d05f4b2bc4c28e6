import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../../../src/util/version';
import { run } from '../../support/clients/command';
import { eventually } from '../../support/running/eventually';
import { CURL, describeNeeding } from '../../support/running/needs';
import { CLI, ROOT } from '../../support/running/paths';
import { temporaryFolders } from '../../support/running/temporary_folders';
import { lastOf } from '../../support/servers/output';
import { freePorts } from '../../support/servers/ports';
import { noteProcess } from '../../support/servers/processes';

const newFolder = temporaryFolders();

/** Starts the sample, as `npm start` does; returns what it prints for a person. */
async function startSample(): Promise<{ said: () => string; stop: () => Promise<void> }> {
  const [port] = await freePorts(1);
  const child = spawn(process.execPath, [CLI, 'serve'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      HINDSIGHT_PORT: String(port),
      HINDSIGHT_DATA: await newFolder(),
    },
  });
  noteProcess(child);
  const exited = once(child, 'exit');
  const said = lastOf(child.stderr);
  await eventually('the last line is printed', () => said().includes('Documents:'));
  return {
    said,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}

describeNeeding(CURL, 'what the server prints', () => {
  it('each printed line works as printed, twice, and the documents are there', async () => {
    const { said, stop } = await startSample();
    try {
      const commands = said()
        .split('\n')
        .filter((line) => line.startsWith('  '));
      const apart = (line: string) => `${line}\necho "|"`;
      const script = ['set -euo pipefail', ...commands.map(apart)].join('\n');
      for (const isFirst of [true, false]) {
        const { code, stdout } = await run('bash', [
          '-c',
          script.replaceAll('curl ', 'curl -sSf '),
        ]);
        const printed = stdout.split('|\n');
        expect(code).toBe(0);
        // the last ones read the old version, restore it, and read it by S3
        expect(printed.slice(-4)).toEqual(['version 1', 'version 1', 'version 1', '']);
        if (isFirst) expect(printed.slice(0, -4).join('')).toBe('');
      }
      const documents = /Documents: (.*)/.exec(said())?.[1]?.split(', ') ?? [];
      expect(documents).toContain('docs/');
      for (const name of documents) expect(existsSync(join(ROOT, name))).toBe(true);
    } finally {
      await stop();
    }
  });
});

it('--version prints the version alone', async () => {
  for (const flag of ['--version', '-V'])
    expect(await run(process.execPath, [CLI, flag])).toEqual({
      code: 0,
      stdout: `${VERSION}\n`,
      stderr: '',
    });
});

it('help has an example, and names documents that are there', async () => {
  const { code, stdout } = await run(process.execPath, [CLI, '--help'], { cwd: ROOT });
  expect(code).toBe(0);
  expect(stdout).toContain('hindsight serve --config my.conf');
  expect(stdout).not.toMatch(/https?:/);
  const documents = /Documents: (.*)/.exec(stdout)?.[1]?.split(', ') ?? [];
  expect(documents).toHaveLength(3);
  for (const name of documents) expect(existsSync(join(ROOT, name))).toBe(true);
});

it('what a command prints may be read in part', async () => {
  const command = `"$0" "$1" check config/embedded.conf | true`;
  const { code, stderr } = await run('sh', ['-c', command, process.execPath, CLI], { cwd: ROOT });
  expect([code, stderr]).toEqual([0, '']);
});

it('before a build, the command says that it needs one', async () => {
  const folder = await newFolder();
  cpSync(join(ROOT, 'tools/hindsight.mjs'), join(folder, 'tools/hindsight.mjs'));
  expect(await run(process.execPath, [join(folder, 'tools/hindsight.mjs')])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'hindsight: not built yet: npm ci && npm run build\n',
  });
  const built = await run(process.execPath, [join(ROOT, 'tools/hindsight.mjs'), '--version']);
  expect(built.stdout).toBe(`${VERSION}\n`);
});

it('check takes the configuration with --config and without', async () => {
  const file = 'config/embedded.conf';
  const check = (...args: string[]) =>
    run(process.execPath, [CLI, 'check', ...args], { cwd: ROOT });
  const valid = expect.stringContaining(`${file} is valid: catch_errors`) as string;
  for (const args of [[file], ['--config', file], ['-c', file]])
    expect(await check(...args)).toEqual({ code: 0, stdout: valid, stderr: '' });
  const failure = (stderr: string) => ({ code: 1, stdout: '', stderr });
  expect(await check('none.conf')).toEqual(failure('hindsight: none.conf: no such file\n'));
  expect(await check('config')).toEqual(failure('hindsight: config: a folder, not a file\n'));
  expect(await check()).toEqual(failure('hindsight: which configuration? hindsight check FILE\n'));
  expect(await check(file, '-c', file)).toEqual(
    failure('hindsight: check takes one configuration\n'),
  );
});
