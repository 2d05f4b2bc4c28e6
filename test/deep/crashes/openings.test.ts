import { spawn } from 'node:child_process';
import path from 'node:path';
import { openStorage } from '../../../src/stores/embedded/storage/lmdb_storage';
import { depth } from '../../support/running/depth';
import { countFigures } from '../../support/running/figures';
import { findings, put } from '../../support/stores/storage';
import { temporaryFolders } from '../../support/running/temporary_folders';

const SECONDS = depth({ gate: 2, deep: 90 });
const OPENERS = 2;

const newFolder = temporaryFolders();

/**
 * Starts a process that opens the database again and again; reports every ten openings.
 */
function startOpening(folder: string, onTen: () => void): () => Promise<void> {
  const script = path.join(__dirname, 'opening_child.mjs');
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.on('data', (dots: Buffer) => Array.from(dots).forEach(onTen));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return async () => {
    child.kill('SIGKILL');
    await ended;
  };
}

/**
 * LMDB alone loses one commit in thousands unless a lock separates openings and commits.
 */
it(
  'loses no commit while other processes open the database',
  async () => {
    const folder = await newFolder();
    const storage = await openStorage(folder);
    await storage.putContainer('a', 'c', {});
    let openings = 0;
    const stops = Array.from({ length: OPENERS }, () =>
      startOpening(folder, () => (openings += 10)),
    );
    let acknowledged = 0;
    try {
      const end = Date.now() + SECONDS * 1000;
      for (; Date.now() < end || openings === 0; acknowledged++)
        await put(storage, `o${acknowledged}`, `${acknowledged}`);
    } finally {
      for (const stop of stops) await stop();
    }
    expect(storage.container('a', 'c')).toMatchObject({ objects: acknowledged });
    for (let i = 0; i < acknowledged; i++)
      expect(storage.object('a', 'c', `o${i}`)?.content.size).toBe(String(i).length);
    await storage.close();
    expect(await findings(folder)).toEqual([]);
    countFigures('openings beside commits', { openings, acknowledged });
  },
  SECONDS * 1000 + 120_000,
);
