import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import { storageSuite } from '../../../conformance/storage';
import { findings } from '../../../support/stores/storage';
import { temporaryFolders } from '../../../support/running/temporary_folders';

const newFolder = temporaryFolders();
const folders: string[] = [];

storageSuite('in LMDB and files', {
  create: async (options) => {
    folders.push(await newFolder());
    return openStorage(folders.at(-1)!, options);
  },
  reopen: (options) => openStorage(folders.at(-1)!, options),
});

it('left all of them in order', async () => {
  for (const folder of folders) expect(await findings(folder)).toEqual([]);
});
