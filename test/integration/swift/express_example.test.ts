import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeBlocks } from '../../support/judges/documents/markdown';
import { eventually } from '../../support/running/eventually';
import { ROOT } from '../../support/running/paths';
import { temporaryFolders } from '../../support/running/temporary_folders';
import { freePorts } from '../../support/servers/ports';
import { noteProcess } from '../../support/servers/processes';
import { describeWithSwift, login } from '../../support/servers/swift';

const newFolder = temporaryFolders();

describeWithSwift('the Express app of the documents', ({ plain }) => {
  let app: ChildProcess;
  let url: string;
  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    url = `http://127.0.0.1:${port}`;
    const folder = await newFolder();
    const document = readFileSync(join(ROOT, 'docs/express.md'), 'utf8');
    const example = codeBlocks(document).find(({ language }) => language === 'js')?.code ?? '';
    writeFileSync(
      join(folder, 'app.js'),
      example.replaceAll('http://127.0.0.1:18080', plain).replace('listen(8080', `listen(${port}`),
    );
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules/hindsight'));
    for (const name of ['express', 'http-proxy-middleware'])
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    app = spawn(process.execPath, ['app.js'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    noteProcess(app);
    const answers = () =>
      login(url, 'tester').then(
        () => true,
        () => false,
      );
    await eventually('the app answers', answers);
  });
  afterAll(async () => {
    const exited = once(app, 'exit');
    app.kill();
    await exited;
  });

  it('keeps versions', async () => {
    const client = await login(url, 'tester');
    await client.ask('PUT', '/readme-archive');
    await client.ask('PUT', '/readme', { 'X-Versions-Location': 'readme-archive' });
    for (const body of ['1', '2']) await client.ask('PUT', '/readme/o', {}, body);
    await client.ask('DELETE', '/readme/o');
    expect((await client.ask('GET', '/readme/o')).body.toString()).toBe('1');
  });
});
