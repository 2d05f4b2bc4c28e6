import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { ConfigError } from '../../../src/config/error';
import { parseIni } from '../../../src/config/ini';
import { Mistakes } from '../../../src/config/mistakes';
import { SecretFiles } from '../../../src/config/secret_files';
import { readConfig } from '../../../src/pipeline/load';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();

/** Creates a file that only its owner can read. */
async function secretFile(content: string | Buffer): Promise<string> {
  const file = join(await newFolder(), 'secret');
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

describe('a secret in a file', () => {
  it.each([
    ['secret', 'secret'],
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    [' two words \n', ' two words '],
    ['gläsern\n', 'gläsern'],
  ])('of %j is %j', async (content, secret) => {
    expect(new SecretFiles().read(await secretFile(content))).toBe(secret);
  });

  it.each([
    ['', 'is empty'],
    ['\n', 'is empty'],
    ['secret\n\n', 'has more than one line'],
    [Buffer.from([0xff, 0x41]), 'is not text in UTF-8'],
    ['x'.repeat(64 * 1024 + 1), 'has more than 64 KiB'],
  ])('is refused if its content is none (%#)', async (content, cause) => {
    const file = await secretFile(content);
    expect(() => new SecretFiles().read(file)).toThrow(`${file} ${cause}`);
  });

  it.each([0o640, 0o604, 0o610, 0o601, 0o620, 0o602])(
    'is refused if others have access to it (%i)',
    async (mode) => {
      const file = await secretFile('secret');
      chmodSync(file, mode);
      expect(() => new SecretFiles().read(file)).toThrow(
        `others than its owner have access to ${file}: chmod 600 ${file}`,
      );
    },
  );

  it('is found through a link, and refused if it is no regular file', async () => {
    const file = await secretFile('secret');
    const folder = await newFolder();
    symlinkSync(file, join(folder, 'link'));
    expect(new SecretFiles().read(join(folder, 'link'))).toBe('secret');
    spawnSync('mkfifo', ['-m', '600', join(folder, 'pipe')]);
    mkdirSync(join(folder, 'folder'), { mode: 0o700 });
    for (const name of ['pipe', 'folder', 'link/..'])
      expect(() => new SecretFiles().read(join(folder, name))).toThrow('is not a regular file');
    expect(() => new SecretFiles().read(join(folder, 'none'))).toThrow('no such file or folder');
  });

  it('is read once, and not at all if another process has read it', async () => {
    const file = await secretFile('secret');
    const files = new SecretFiles();
    expect(files.read(file)).toBe('secret');
    rmSync(file);
    expect(files.read(file)).toBe('secret');
    expect(new SecretFiles(files.known).read(file)).toBe('secret');
  });
});

describe('${file:PATH} in a configuration', () => {
  const valueOf = (text: string, file: string, env: NodeJS.ProcessEnv = {}) => {
    const mistakes = new Mistakes(file);
    const sections = parseIni(`[s]\no = ${text}\n`, mistakes, env);
    mistakes.throwIfAny();
    return sections.get('s')?.options.get('o')?.value;
  };

  it('is relative to the folder of the configuration, and a part of a value', async () => {
    const file = await secretFile('secret\n');
    const configuration = join(file, '../test.conf');
    expect(valueOf('${file:secret}', configuration)).toBe('secret');
    expect(valueOf('redis://u:${file:./secret}@${HOST}/', configuration, { HOST: 'h' })).toBe(
      'redis://u:secret@h/',
    );
    expect(valueOf(`\${file:${file}} .admin`, '/elsewhere/test.conf')).toBe('secret .admin');
  });

  it('is no form of the variable that is called file', () => {
    expect(valueOf('${file:-x}', 'test.conf')).toBe('x');
    expect(valueOf('${file}', 'test.conf', { file: 'y' })).toBe('y');
    expect(() => valueOf('${file:}', 'test.conf')).toThrow('is not of the form');
  });

  it('is a mistake of its line if the file is none', async () => {
    const folder = await newFolder();
    const file = join(folder, 'test.conf');
    expect(() => valueOf('x${file:none}', file)).toThrow(
      new ConfigError([
        {
          file,
          line: 2,
          cause: `\${file:none}: ${join(folder, 'none')}: no such file or folder`,
        },
      ]),
    );
  });

  it('does not show in mistakes', async () => {
    const file = await secretFile('hidden');
    const text = `[DEFAULT]\nbind_port = 1\${file:${basename(file)}}\n`;
    const read = () => readConfig(text, join(file, '../test.conf'), {});
    expect(read).toThrow('[DEFAULT] bind_port: not a whole number from 0 to 65535');
    expect(read).not.toThrow('hidden');
  });

  it('is known to the workers of a server', async () => {
    const file = await secretFile('a long secret\n');
    const text = [
      '[pipeline:main]',
      'pipeline = tempauth embedded',
      '[filter:tempauth]',
      'user_test_tester = ${file:secret} .admin',
      '[app:embedded]',
      'data = data',
    ].join('\n');
    const configuration = join(file, '../test.conf');
    const { secretFiles } = readConfig(text, configuration, {});
    expect(secretFiles).toEqual({ [file]: 'a long secret' });
    rmSync(file);
    expect(() => readConfig(text, configuration, {})).toThrow('no such file');
    const again = readConfig(text, configuration, {}, new SecretFiles(secretFiles));
    expect(again.secretFiles).toEqual(secretFiles);
  });
});
