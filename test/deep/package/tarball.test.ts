import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { VERSION } from '../../../src/util/version';
import { run, type Ended } from '../../support/clients/command';
import { IS_DEEP } from '../../support/running/depth';
import { eventually } from '../../support/running/eventually';
import { ROOT } from '../../support/running/paths';
import { login } from '../../support/servers/embedded';
import { embeddedConfiguration } from '../../support/servers/embedded_process';
import { freePorts } from '../../support/servers/ports';
import { noteProcess } from '../../support/servers/processes';
import { startProxyProcess } from '../../support/servers/proxy_process';

const TARBALL = `hindsight-${VERSION}.tgz`;
const MINUTE = 60_000;

let folder: string;
/** The paths in the package. */
let files: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hindsight-package-'));
  // what is built was built for this run
  const { status, stderr } = spawnSync(
    'npm',
    ['pack', '--ignore-scripts', '--pack-destination', folder],
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  mkdirSync(join(folder, 'unpacked'));
  tar('xzf', join(folder, TARBALL), '-C', join(folder, 'unpacked'));
  files = readdirSync(join(folder, 'unpacked/package'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).replace(/^.*\/unpacked\/package\//, ''));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tar(...args: string[]): void {
  const { status, stderr } = spawnSync('tar', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

describe('the package', () => {
  it('has what is built, with types, the documents and the samples', () => {
    for (const name of ['README.md', 'LICENSE', 'NOTICE', 'SECURITY.md', 'CHANGELOG.md'])
      expect(files).toContain(name);
    for (const each of ['docs', 'config'])
      expect(files.filter((path) => path.startsWith(`${each}/`)).toSorted()).toEqual(
        filesBelow(join(ROOT, each)).map((path) => `${each}/${path}`),
      );
    const sources = ['src', 'middleware'].flatMap((each) =>
      filesBelow(join(ROOT, each)).map((path) => `dist/${each}/${path.replace(/\.ts$/, '')}`),
    );
    expect(files.filter((path) => path.startsWith('dist/')).toSorted()).toEqual(
      sources.flatMap((path) => [`${path}.d.ts`, `${path}.js`]).toSorted(),
    );
  });

  it('has nothing else', () => {
    const known = /^(dist|docs|config)\/|^(README|SECURITY|CHANGELOG)\.md$|^(LICENSE|NOTICE)$/;
    expect(files.filter((path) => !known.test(path))).toEqual([
      'package.json',
      'tools/hindsight.mjs',
    ]);
  });

  it('gets a scope when it is published, and loses what only a clone needs', async () => {
    const script = `
      import { addScope, isScope } from './tools/steps/package.mjs';
      const [tarball, folder] = process.argv.slice(1);
      const about = { scope: 'example', repository: 'https://git.example/a/b' };
      console.log(addScope(tarball, folder, about), isScope('SCOPE'), isScope('example'));`;
    const target = mkdtempSync(join(folder, 'scoped-'));
    const args = ['--input-type=module', '-e', script, join(folder, TARBALL), target];
    const { stdout, stderr } = await run(process.execPath, args, { cwd: ROOT });
    expect([stdout, stderr]).toEqual([`${target}/package false true\n`, '']);
    const fields = JSON.parse(readFileSync(join(target, 'package/package.json'), 'utf8')) as object;
    expect(fields).toMatchObject({
      name: '@example/hindsight',
      version: VERSION,
      bin: { hindsight: 'tools/hindsight.mjs' },
      repository: { url: 'git+https://git.example/a/b.git' },
    });
    for (const field of ['private', 'scripts', 'devDependencies', 'overrides'])
      expect(fields).not.toHaveProperty(field);
  });
});

/** The files below a folder, in order. */
function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
}

/** The ways into an empty project; the network is for the depth. */
const WAYS: readonly (readonly [string, (project: string) => void])[] = [
  ['with the packages of this clone', linkPackages],
  ...(IS_DEEP ? [['by npm install', npmInstall] as const] : []),
];

/**
 * Unpacks the package as npm does, beside links to the packages that it needs by
 * package-lock.json. What it needs without saying so is missing.
 */
function linkPackages(project: string): void {
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  tar('xzf', join(folder, TARBALL), '-C', modules);
  spawnSync('mv', [join(modules, 'package'), join(modules, 'hindsight')]);
  symlinkSync('../hindsight/tools/hindsight.mjs', join(modules, '.bin/hindsight'));
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(lock.packages)) {
    const isNeeded = /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true;
    if (!isNeeded || !existsSync(join(ROOT, path))) continue;
    mkdirSync(dirname(join(project, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(project, path));
  }
}

function npmInstall(project: string): void {
  const { status, stderr } = spawnSync(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, TARBALL)],
    { cwd: project, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
}

describe.each(WAYS)('in an empty project, %s', (_, install) => {
  let project: string;
  beforeAll(() => {
    project = mkdtempSync(join(folder, 'project-'));
    writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true }');
    install(project);
  }, 5 * MINUTE);

  const hindsight = (...args: string[]): Promise<Ended> =>
    run(join(project, 'node_modules/.bin/hindsight'), args, { cwd: project });

  it('the command runs, and names documents and samples that are there', async () => {
    expect(
      await run('npx', ['--no-install', 'hindsight', '--version'], { cwd: project }),
    ).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
    const { stdout } = await hindsight('--help');
    const documents = /Documents: (.*)/.exec(stdout)?.[1]?.split(', ') ?? [];
    expect(documents).toContain('node_modules/hindsight/docs/');
    for (const name of documents) expect(existsSync(join(project, name))).toBe(true);
    for (const sample of readdirSync(join(ROOT, 'config')))
      expect(await hindsight('check', `node_modules/hindsight/config/${sample}`)).toMatchObject({
        code: 0,
        stderr: '',
      });
  });

  it('what init writes is served', async () => {
    const [port] = await freePorts(1);
    const flags = ['--kind', 'embedded', '--user', 'test:tester', '--port', String(port)];
    expect(await hindsight('init', ...flags)).toMatchObject({ code: 0 });
    const configuration = readFileSync(join(project, 'hindsight.conf'), 'utf8');
    const cli = join(project, 'node_modules/hindsight/dist/src/cli.js');
    const server = await startProxyProcess(configuration, undefined, undefined, cli);
    try {
      expect(await hindsight('health', '--config', 'hindsight.conf')).toMatchObject({ code: 0 });
      const key = /^user_test_tester = (\S+)/m.exec(configuration)?.[1] ?? '';
      const client = await login(server.url, 'test:tester', key);
      expect((await client.ask('PUT', '/c')).status).toBe(201);
    } finally {
      await server.stop();
    }
  });

  it('the example of an Express app runs as written', async () => {
    const upstream = await startProxyProcess(
      embeddedConfiguration(join(project, 'data'))
        // a store that is no Hindsight
        .replace(/^pipeline = .*$/m, 'pipeline = catch_errors healthcheck tempauth embedded')
        .replace(/^user_test_tester.*$/m, '$&\nuser_admin_admin = admin .admin .reseller_admin'),
    );
    const [port = 0] = await freePorts(1);
    const example = exampleIn(join(project, 'node_modules/hindsight'))
      .replaceAll('http://127.0.0.1:18080', upstream.url)
      .replace('listen(8080', `listen(${port}`);
    writeFileSync(join(project, 'app.js'), example);
    const app = spawn(process.execPath, ['app.js'], {
      cwd: project,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    noteProcess(app);
    const exited = once(app, 'exit');
    try {
      const enter = () => login(`http://127.0.0.1:${port}`, 'test:tester', 'testing');
      await eventually('the app answers', () =>
        enter().then(
          () => true,
          () => false,
        ),
      );
      const client = await enter();
      await client.ask('PUT', '/archive');
      await client.ask('PUT', '/files', { 'X-Versions-Location': 'archive' });
      for (const body of ['1', '2'])
        expect((await client.ask('PUT', '/files/o', {}, body)).status).toBe(201);
      expect((await client.ask('DELETE', '/files/o')).status).toBe(204);
      expect((await client.ask('GET', '/files/o')).body.toString()).toBe('1');
    } finally {
      app.kill();
      await exited;
      await upstream.stop();
    }
  });
});

/** Returns the example in the documents of a package that requires it. */
function exampleIn(root: string): string {
  for (const path of filesBelow(root).filter((each) => /^(README|docs\/[^.]*)\.md$/.test(each)))
    for (const [, code = ''] of readFileSync(join(root, path), 'utf8').matchAll(
      /^```js\n([^]*?)^```/gm,
    ))
      if (code.includes("require('hindsight')")) return code;
  throw new Error('no document has an example of an Express app');
}
