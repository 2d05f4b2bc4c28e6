import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { request } from 'undici';
import { eventually } from '../../support/running/eventually';
import { temporaryFolders } from '../../support/running/temporary_folders';
import { childrenOf, lives, startEmbeddedProcess } from '../../support/servers/embedded_process';
import { lastOf } from '../../support/servers/output';
import { freePorts } from '../../support/servers/ports';
import { noteProcess } from '../../support/servers/processes';
import { Clone } from './clone';
import { cpuOf } from './cpu';

const newFolder = temporaryFolders();

/** Listens at a free port, or on a socket. */
async function listen(at: number | string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    if (typeof at === 'number') server.listen(at, '127.0.0.1', resolve);
    else server.listen(at, resolve);
  });
  return server;
}

describe('in a fresh clone', () => {
  let clone: Clone;
  beforeEach(async () => {
    clone = Clone.small(await newFolder(), false);
  });

  /** Starts; returns what it says if it stops before anything is installed. */
  async function refusal(env: NodeJS.ProcessEnv, args: readonly string[] = []): Promise<string> {
    const { code, stderr } = await clone.run(process.execPath, ['tools/start.mjs', ...args], env);
    expect(code).toBe(1);
    for (const made of ['node_modules', 'dist', 'data'])
      expect(existsSync(join(clone.folder, made))).toBe(false);
    return stderr;
  }

  it('a taken port and a folder that cannot hold data are reported first', async () => {
    const server = await listen(0);
    const { port } = server.address() as AddressInfo;
    const file = join(clone.folder, 'package.json');
    expect(
      await refusal({ HINDSIGHT_PORT: String(port), HINDSIGHT_DATA: join(file, 'data') }),
    ).toBe(
      [
        `hindsight: 127.0.0.1:${port} is in use: stop the program that listens there, or choose another port by HINDSIGHT_PORT=${port + 1} (bind_port in config/embedded.conf)`,
        `hindsight: ${file}/data cannot hold the data: ${file} is not a folder; choose another folder by HINDSIGHT_DATA=FOLDER (data in config/embedded.conf)`,
        '',
      ].join('\n'),
    );
    server.close();
  });

  it('a data folder that a server has open is reported first, with its process', async () => {
    const data = await newFolder();
    const server = await startEmbeddedProcess(data);
    const [port] = await freePorts(1);
    expect(await refusal({ HINDSIGHT_PORT: String(port), HINDSIGHT_DATA: data })).toBe(
      `hindsight: ${data} is in use by another server, process ${server.pid}: stop it, or choose another folder by HINDSIGHT_DATA=FOLDER (data in config/embedded.conf)\n`,
    );
    await server.stop();
  });

  it('a configuration that is not there, or has what is taken, is reported first', async () => {
    const server = await listen(0);
    const { port } = server.address() as AddressInfo;
    clone.write('my.conf', `[DEFAULT]\nbind_port: ${port}  ; taken\n`);
    const said =
      'stop the program that listens there, or choose another port by bind_port in my.conf';
    for (const args of [
      ['--config', 'my.conf'],
      ['--config=my.conf'],
      ['-c', 'my.conf'],
      ['-cmy.conf'],
    ])
      expect(await refusal({}, args)).toBe(`hindsight: 127.0.0.1:${port} is in use: ${said}\n`);
    expect(await refusal({}, ['--config', 'none.conf'])).toBe(
      'hindsight: none.conf: no such file\n',
    );
    server.close();
  });

  it('what is installed and compiled is told as it happens, in this order', async () => {
    const [port] = await freePorts(1);
    const env = {
      PATH: clone.replaceNpm(),
      HINDSIGHT_PORT: String(port),
      HINDSIGHT_DATA: await newFolder(),
    };
    const start = () =>
      clone.run(process.execPath, ['tools/start.mjs', '--config', 'config/embedded.conf'], env);
    const first = await start();
    expect(first).toMatchObject({
      code: 0,
      stdout: 'called: serve --config config/embedded.conf\n',
    });
    expect(first.stderr.replace(/in \d+ s/g, 'in N s')).toBe(
      [
        'installing packages, which usually takes 30 to 120 seconds ...',
        'npm ci --no-progress',
        'done in N s',
        'compiling, which usually takes 10 to 30 seconds ...',
        'done in N s',
        '',
      ].join('\n'),
    );
    expect(await start()).toEqual({ ...first, stderr: '' });
  });

  it('a failed installation ends it with its exit code', async () => {
    const PATH = clone.replaceNpm();
    clone.write('bin/npm', '#!/bin/sh\nexit 7\n');
    const { code, stderr } = await clone.run(
      process.execPath,
      ['tools/start.mjs', '-c', 'config/swift.conf'],
      {
        PATH,
        HINDSIGHT_PORT: String((await freePorts(1))[0]),
      },
    );
    expect([code, stderr]).toEqual([7, expect.stringMatching(/^installing packages.*\n$/)]);
  });
});

it('a signal during the installation ends that as well', async () => {
  const clone = Clone.small(await newFolder(), false);
  const PATH = clone.replaceNpm();
  clone.write('bin/npm', '#!/bin/sh\nexec sleep 120\n');
  const child = spawn(process.execPath, ['tools/start.mjs'], {
    cwd: clone.folder,
    stdio: 'pipe',
    env: { ...process.env, PATH, HINDSIGHT_PORT: String((await freePorts(1))[0]) },
  });
  noteProcess(child);
  const exited = once(child, 'exit');
  await eventually('it installs', () => childrenOf(child.pid ?? 0).length === 1);
  const [installation = 0] = childrenOf(child.pid ?? 0);
  child.kill('SIGTERM');
  expect(await exited).toEqual([null, 'SIGTERM']);
  expect(lives(installation)).toBe(false);
});

describe('a folder of data', () => {
  /** Asks what keeps a server from starting, without starting one. */
  async function mistakes(data: string): Promise<unknown> {
    const clone = Clone.small(await newFolder());
    const script = `
      import { startMistakes } from './tools/steps/checks.mjs';
      console.log(JSON.stringify(await startMistakes('config/embedded.conf', process.env)));`;
    const env = { HINDSIGHT_PORT: String((await freePorts(1))[0]), HINDSIGHT_DATA: data };
    const { stdout } = await clone.run(
      process.execPath,
      ['--input-type=module', '-e', script],
      env,
    );
    return JSON.parse(stdout);
  }

  it('that is not there yet, or has the socket of a dead server, is taken', async () => {
    const parent = await newFolder();
    mkdirSync(join(parent, 'sessions'));
    writeFileSync(join(parent, 'sessions/12-ab.sock'), '');
    expect(await mistakes(join(parent, 'new/data'))).toEqual([]);
    expect(await mistakes(parent)).toEqual([]);
  });

  it('that a backup reads is taken', async () => {
    const data = await newFolder();
    mkdirSync(join(data, 'sessions'));
    const reader = await listen(join(data, 'sessions/reader-12-ab.sock'));
    expect(await mistakes(data)).toEqual([]);
    reader.close();
    const server = await listen(join(data, 'sessions/12-ab.sock'));
    expect(await mistakes(data)).toEqual([expect.stringContaining('another server, process 12')]);
    server.close();
  });
});

describe('with what is built', () => {
  let clone: Clone;
  beforeAll(async () => {
    clone = Clone.whole(await newFolder());
    // what is built may be older than the sources, if somebody works on them
    await clone.run(process.execPath, ['tools/build.mjs']);
  });

  /** A server that `npm start` has started, as at a terminal if it has keys. */
  interface Started {
    readonly child: ChildProcess;
    readonly said: () => string;
    /** Seconds of processors until the first answer. */
    readonly cpu: number;
  }

  async function start(command: readonly string[], workers = 1): Promise<Started> {
    const [port] = await freePorts(1);
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      cwd: clone.folder,
      stdio: 'pipe',
      env: {
        ...process.env,
        HINDSIGHT_PORT: String(port),
        HINDSIGHT_DATA: await newFolder(),
        HINDSIGHT_WORKERS: String(workers),
      },
    });
    noteProcess(child);
    const [out, err] = [lastOf(child.stdout), lastOf(child.stderr)];
    const said = () => `${out()}\n${err()}`;
    await eventually('it answers', async () => {
      if (child.exitCode !== null) throw new Error(said());
      const url = `http://127.0.0.1:${port}/healthcheck`;
      const answer = await request(url).catch(() => undefined);
      await answer?.body.dump();
      return answer?.statusCode === 200;
    });
    const cpu = cpuOf(child.pid ?? 0);
    // from here on signals stop it in order
    await eventually('it serves', () => said().includes('"msg":"serving"'));
    return { child, said, cpu };
  }

  it('it answers after 3 s of CPU at most, and compiles nothing', async () => {
    const all: number[] = [];
    // another program on this machine may slow one of them down
    for (let attempt = 0; attempt < 2; attempt++) {
      const { child, said, cpu } = await start(['npm', 'start']);
      all.push(cpu);
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
      expect(said()).toContain('Hindsight listens on');
      expect(said()).not.toMatch(/compiling|installing/);
    }
    expect(Math.min(...all)).toBeLessThan(3);
  });

  it.each([1, 2])('Ctrl-C ends it in order, with %i processes', async (workers) => {
    // exec: the shell that script starts, which may be dash, would die of the signal
    const terminal = ['script', '--quiet', '--return', '--flush', '--command'];
    const { child, said } = await start([...terminal, 'exec npm start', '/dev/null'], workers);
    const processes = descendantsOf(child.pid ?? 0);
    expect(processes.length).toBeGreaterThan(workers);
    const exited = once(child, 'exit');
    child.stdin?.write('\x03');
    expect(await exited).toEqual([0, null]);
    expect(said()).toContain('"why":"SIGINT"');
    expect(processes.filter(lives)).toEqual([]);
  });
});

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}
