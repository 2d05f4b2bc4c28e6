import { FolderLock } from '../../../../src/stores/embedded/storage/folder_lock';
import { temporaryFolders } from '../../../support/running/temporary_folders';

const newFolder = temporaryFolders();

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('the lock of a folder', () => {
  it('keeps openings apart from commits and from each other, and lets commits coincide', async () => {
    const folder = await newFolder();
    let [commits, openings, max] = [0, 0, 0];
    const members = Array.from({ length: 6 }, () => new FolderLock(folder));
    const commit = async () => {
      max = Math.max(max, ++commits);
      expect(openings).toBe(0);
      await turn();
      commits--;
    };
    const open = async () => {
      openings++;
      await turn();
      expect([commits, openings]).toEqual([0, 1]);
      openings--;
    };
    await Promise.all(
      members.map(async (member, i) => {
        for (let k = 0; k < 10; k++)
          await (i < 4 ? member.runShared(commit) : member.runExclusive(open));
      }),
    );
    expect(max).toBeGreaterThan(1);
    for (const member of members) member.close();
  });

  it('lets an opening in although there is always a commit', async () => {
    const folder = await newFolder();
    const members = Array.from({ length: 8 }, () => new FolderLock(folder));
    let isOpen = false;
    const committers = members.slice(1).map(async (member) => {
      while (!isOpen) await member.runShared(turn);
    });
    await members[0]?.runExclusive(() => (isOpen = true));
    await Promise.all(committers);
    for (const member of members) member.close();
  });

  it('is free again after what fails', async () => {
    const folder = await newFolder();
    const [one, other] = [new FolderLock(folder), new FolderLock(folder)];
    const fail = () => Promise.reject(new Error('no'));
    await expect(one.runExclusive(fail)).rejects.toThrow('no');
    await expect(one.runShared(fail)).rejects.toThrow('no');
    await other.runExclusive(() => undefined);
    for (const member of [one, other]) member.close();
  });

  it('says that a folder is not there', async () => {
    const lock = new FolderLock('/dev/null/x');
    await expect(lock.runExclusive(() => undefined)).rejects.toMatchObject({ code: 'failed' });
  });
});
