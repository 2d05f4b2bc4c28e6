import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Upload } from '../../../../src/stores/embedded/storage/upload';
import { GroupCommit } from '../../../../src/stores/embedded/storage/group_commit';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import type { ContentIds } from '../../../../src/stores/embedded/storage/content_ids';
import { ContentFiles } from '../../../../src/stores/embedded/storage/content_files';
import { metaKeys, openTables } from '../../../../src/stores/embedded/storage/tables';
import { bytesOf, findings } from '../../../support/stores/storage';
import { temporaryFolders } from '../../../support/running/temporary_folders';

const newFolder = temporaryFolders();

/** Files on a full disk. */
class FullDisk extends ContentFiles {
  override create() {
    return open('/dev/full', 'w');
  }
}

describe('what fails', () => {
  it('takes no bytes on a full disk, and nothing after them', async () => {
    const sunk: number[] = [];
    const arrival = new Upload({
      files: new FullDisk('/'),
      ids: { forFile: () => Promise.resolve(7) } as unknown as ContentIds,
      inlineLimit: 10,
      addFinished: () => undefined,
      discardFinished: () => Promise.resolve(),
      removeUnfinished: (id) => Promise.resolve(void sunk.push(id)),
    });
    await expect(arrival.write(Buffer.alloc(2 ** 20))).rejects.toMatchObject({ code: 'no-space' });
    await expect(arrival.write(Buffer.alloc(1))).rejects.toMatchObject({ code: 'closed' });
    await expect(arrival.finish()).rejects.toMatchObject({ code: 'closed' });
    await arrival.discard();
    expect(sunk).toEqual([7]);
  });

  it('takes nothing of a change that throws, and nothing away from those beside it', async () => {
    const tables = openTables(await newFolder());
    tables.meta.putSync(metaKeys.owner, 1);
    const commits = new GroupCommit(tables, 1, Date.now);
    const key = (name: string) => Buffer.from(name);
    const after: string[] = [];
    const change = (name: string, fails: boolean) =>
      commits.run((moment) => {
        tables.meta.putSync(key(name), 1);
        moment.onCommitted(() => after.push(name));
        if (fails) throw new Error(name);
        return name;
      });
    const names = ['a', 'b!', 'c', 'd!', 'e'];
    const results = await Promise.allSettled(names.map((name) => change(name, name.endsWith('!'))));
    const messages = results.map((result) =>
      result.status === 'fulfilled' ? result.value : (result.reason as Error).message,
    );
    expect(messages).toEqual(names);
    expect(after).toEqual(['a', 'c', 'e']);
    expect(names.map((name) => tables.meta.get(key(name)))).toEqual([
      1,
      undefined,
      1,
      undefined,
      1,
    ]);
    await commits.close();
    await expect(commits.run(() => 1)).rejects.toMatchObject({ code: 'closed' });
    await tables.root.close();
  });

  it('gives up a commit that never ends, and all that would wait for it', async () => {
    const tables = openTables(await newFolder());
    const root = Object.assign(Object.create(tables.root) as typeof tables.root, {
      childTransaction: () => new Promise<never>(() => undefined),
    });
    const commits = new GroupCommit({ ...tables, root }, 1, Date.now, 20);
    const waiting = [commits.run(() => 1), commits.run(() => 2)];
    for (const change of waiting) await expect(change).rejects.toMatchObject({ code: 'failed' });
    await expect(commits.run(() => 3)).rejects.toMatchObject({ code: 'failed' });
    await commits.close();
    await tables.root.close();
  });

  it('keeps what it said it had when the disk takes no more, and goes on when there is room', async () => {
    const folder = await newFolder();
    const script = path.join(__dirname, 'limited_child.mjs');
    // A limit on the size of files, in KiB, simulates a full disk without root.
    const child = spawn('bash', [
      '-c',
      `ulimit -f 3000; exec "${process.execPath}" "${script}" "${folder}"`,
    ]);
    const [output, errors] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    expect(child.exitCode === 0 ? '' : errors).toBe('');
    const { kept, refused, again } = JSON.parse(output) as {
      kept: Record<string, string>;
      refused: number;
      again: boolean;
    };
    expect(refused).toBeGreaterThan(10);
    expect(Object.keys(kept).length).toBeGreaterThan(10);
    expect(again).toBe(true);
    const storage = await openStorage(folder);
    for (const [name, etag] of Object.entries(kept)) {
      const { content } = storage.object('a', 'c', name)!;
      expect(content.etag).toBe(etag);
      expect(await bytesOf(storage, content)).toHaveLength(content.size);
    }
    expect(storage.container('a', 'c')!.objects).toBe(Object.keys(kept).length);
    await storage.close();
    expect(await findings(folder)).toEqual([]);
  });
});
