import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import { openStorage } from '../../../src/stores/embedded/storage/lmdb_storage';
import { Session, type Role } from '../../../src/stores/embedded/storage/sessions';
import type { Storage } from '../../../src/stores/embedded/storage/storage';
import { bytesOf, findings, namesOf, put } from '../../support/stores/storage';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();

/** Another process with a storage; answers line by line. */
class Other {
  private constructor(
    readonly process: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async start(
    folder: string,
    role: Role,
  ): Promise<{ other: Other; said: Record<string, unknown> }> {
    const script = path.join(__dirname, 'worker_child.mjs');
    const child = spawn(process.execPath, [script, folder, role], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    running.push(child);
    const other = new Other(
      child,
      readline.createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    );
    return { other, said: await other.next() };
  }

  async tell(...what: unknown[]): Promise<Record<string, unknown>> {
    this.process.stdin?.write(JSON.stringify(what) + '\n');
    return this.next();
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const closed = once(this.process, 'close');
    this.process.kill(signal);
    await closed;
  }

  private async next(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.lines.next()).value as string) as Record<string, unknown>;
  }
}

const running: ChildProcess[] = [];

describe('processes', () => {
  let folder: string;
  let storage: Storage | undefined;
  beforeEach(async () => (folder = await newFolder()));
  afterEach(async () => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
    await storage?.close();
    storage = undefined;
  });

  it('refuses a second server, naming the folder and the process, until the first is gone', async () => {
    const { other, said } = await Other.start(folder, 'owner');
    expect(said).toEqual({ open: other.process.pid });
    const refusal = {
      code: 'locked',
      message: `${folder} is in use by another server, process ${other.process.pid}`,
    };
    await expect(openStorage(folder)).rejects.toMatchObject(refusal);
    other.process.kill('SIGSTOP');
    await expect(openStorage(folder)).rejects.toMatchObject(refusal);
    await other.kill();
    storage = await openStorage(folder);
    expect((await Other.start(folder, 'owner')).said).toMatchObject({ refused: 'locked' });
    await expect(openStorage(folder)).rejects.toMatchObject({ code: 'locked' });
  });

  it('lets one of many servers that start at once have the folder', async () => {
    const starts = await Promise.all(Array.from({ length: 4 }, () => Other.start(folder, 'owner')));
    const refused = starts.filter(({ said }) => said.refused === 'locked');
    expect(refused).toHaveLength(3);
    for (const { said } of refused) expect(said.message).toContain(folder);
  });

  it('opens folders with long paths, and leaves no sockets', async () => {
    const long = path.join(folder, 'x'.repeat(100), 'y'.repeat(100));
    await mkdir(path.dirname(long));
    storage = await openStorage(long);
    await expect(openStorage(long)).rejects.toMatchObject({ code: 'locked' });
    await storage.close();
    expect(await readdir(path.join(long, 'sessions'))).toEqual([]);
  });

  it('lets workers in only where a server is', async () => {
    expect((await Other.start(folder, 'worker')).said).toMatchObject({ refused: 'locked' });
  });

  it('counts right when workers change the same objects at once', async () => {
    storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    const workers = await Promise.all([
      Other.start(folder, 'worker'),
      Other.start(folder, 'worker'),
    ]);
    const changing = workers.map(({ other }) => other.tell('change', 300));
    for (let i = 0; i < 100; i++) await put(storage, String(i % 30), Buffer.alloc(i * 300, 'x'));
    for (const message of await Promise.all(changing))
      expect(message).toMatchObject({ did: 'change' });
    const page = storage.listObjects('a', 'c', { limit: 1000 });
    let bytes = 0;
    for (const { name } of page as { name: string }[]) {
      const { content } = storage.object('a', 'c', name)!;
      expect(await bytesOf(storage, content)).toHaveLength(content.size);
      bytes += content.size;
    }
    expect(storage.container('a', 'c')).toMatchObject({ objects: page.length, bytes });
    for (const { other } of workers) await other.tell('close');
    await storage.close();
    expect(await findings(folder)).toEqual([]);
  });

  it('shows each process at once what another was told is done', async () => {
    storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    const { other } = await Other.start(folder, 'worker');
    for (let i = 0; i < 50; i++) {
      storage.object('a', 'c', 'late');
      const { result } = await other.tell('put');
      expect(storage.object('a', 'c', 'late')).toEqual(result);
    }
  });

  it('removes what a killed worker left, while the server goes on', async () => {
    storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    const [first, second] = await Promise.all([
      Other.start(folder, 'worker'),
      Other.start(folder, 'worker'),
    ]);
    await first.other.tell('receive');
    await second.other.tell('receive');
    expect(await files(folder)).toHaveLength(4);
    await first.other.kill();
    await storage.expire(0);
    expect(await files(folder)).toHaveLength(2);
    expect(await second.other.tell('put')).toMatchObject({ did: 'put' });
    expect(await readdir(path.join(folder, 'sessions'))).toHaveLength(2);
    await second.other.kill();
    await storage.expire(0);
    expect(await files(folder)).toEqual([]);
  });

  it('keeps what a worker put that is killed while it is looked for what workers left', async () => {
    storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    const { other } = await Other.start(folder, 'worker');
    await other.tell('land');
    const others = jest.spyOn(Session.prototype, 'others').mockImplementationOnce(async function (
      this: Session,
    ) {
      others.mockRestore();
      expect(await other.tell('adopt')).toMatchObject({ did: 'adopt' });
      await other.kill();
      return this.others();
    });
    await storage.expire(0);
    const { content } = storage.object('a', 'c', 'landed')!;
    expect(await bytesOf(storage, content)).toHaveLength(content.size);
  });

  it('goes on when workers are killed while they write', async () => {
    storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    for (let round = 0; round < 8; round++) {
      const { other } = await Other.start(folder, 'worker');
      const answer = other.tell('change', 1e6).catch(() => undefined);
      for (let i = 0; i < 20 + round * 5; i++)
        await put(storage, String(i % 30), Buffer.alloc(i * 3000, 'x'));
      await other.kill();
      await answer;
      await put(storage, 'after', 'all');
      await storage.expire(0);
    }
    const page = storage.listObjects('a', 'c', { limit: 1000 });
    expect(storage.container('a', 'c')!.objects).toBe(page.length);
    await storage.close();
    expect(await findings(folder)).toEqual([]);
  });

  it('lets a worker whose server was replaced write no more', async () => {
    const { other: owner } = await Other.start(folder, 'owner');
    const { other: worker } = await Other.start(folder, 'worker');
    await owner.kill();
    storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    expect(await worker.tell('put')).toEqual({ failed: 'put', code: 'lost' });
    expect(namesOf(storage.listObjects('a', 'c', { limit: 9 }))).toEqual([]);
  });
});

async function files(folder: string): Promise<string[]> {
  const entries = await readdir(path.join(folder, 'content'), {
    recursive: true,
    withFileTypes: true,
  });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}
