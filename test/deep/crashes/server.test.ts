import { fsck } from '../../../src/stores/embedded/fsck/fsck';
import { loginTo, startEmbeddedProcess } from '../../support/servers/embedded_process';
import { eventually, pause } from '../../support/running/eventually';
import { Ledger, work } from '../../support/judges/ledger';
import { prepare, verify } from '../../support/judges/ledger_verdict';
import { depth } from '../../support/running/depth';
import { countFigures } from '../../support/running/figures';
import { temporaryFolders } from '../../support/running/temporary_folders';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? depth({ gate: 1, deep: 6 }));
const newFolder = temporaryFolders();

/**
 * Kills a server under load repeatedly and checks its contents each time. Each object
 * without versions has its last acknowledged state or one begun since; objects with
 * versions (history) have every acknowledged body, and none in part.
 */
it(
  `loses nothing acknowledged in ${ROUNDS} kills under load`,
  async () => {
    const folder = await newFolder();
    const ledger = new Ledger();
    let server = await startEmbeddedProcess(folder);
    await prepare(await loginTo(server.url));
    for (let round = 0; round < ROUNDS; round++) {
      const client = await loginTo(server.url);
      const before = ledger.acknowledged;
      const working = work(client, ledger, round);
      await eventually('two writes', () => ledger.acknowledged > before + 1);
      await pause(100 + Math.random() * 900);
      await server.stop('SIGKILL');
      await working;

      server = await startEmbeddedProcess(folder, 1 + (round % 2));
      await verify(await loginTo(server.url), ledger);
      expect(await server.stop()).toBe(0);
      const findings: unknown[] = [];
      for await (const finding of fsck(folder)) findings.push(finding);
      expect(findings).toEqual([]);
      server = await startEmbeddedProcess(folder, 1 + (round % 2));
    }
    await server.stop();
    countFigures('crashes of a server', { rounds: ROUNDS, acknowledged: ledger.acknowledged });
    expect(ledger.acknowledged).toBeGreaterThan(ROUNDS);
  },
  ROUNDS * 30_000,
);
