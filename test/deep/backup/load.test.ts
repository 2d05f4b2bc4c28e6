import { cp } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../support/clients/command';
import type { Client } from '../../support/clients/client';
import { depth } from '../../support/running/depth';
import { loginTo, startEmbeddedProcess } from '../../support/servers/embedded_process';
import { eventually } from '../../support/running/eventually';
import { countFigures } from '../../support/running/figures';
import { Ledger, work } from '../../support/judges/ledger';
import { prepare, verify } from '../../support/judges/ledger_verdict';
import { findings } from '../../support/stores/storage';
import { CLI } from '../../support/running/paths';
import { temporaryFolders } from '../../support/running/temporary_folders';

const BACKUPS = depth({ gate: 1, deep: 4 });
const newFolder = temporaryFolders();

/** A ledger that can be copied when a backup begins. */
class WatchedLedger extends Ledger {
  readonly #backups = new Set<Ledger>();

  override begin(name: string, title: string): void {
    super.begin(name, title);
    for (const { plain } of this.#backups)
      plain.set(name, (plain.get(name) ?? new Set([''])).add(title));
  }

  /** Records what a backup that begins now must and may contain, until `end`. */
  beginBackup(): Ledger {
    const ledger = new Ledger();
    for (const [name, states] of this.plain) ledger.plain.set(name, new Set(states));
    for (const title of this.kept) ledger.kept.add(title);
    this.#backups.add(ledger);
    return ledger;
  }

  end(backup: Ledger): void {
    this.#backups.delete(backup);
    for (const title of this.sent) backup.sent.add(title);
  }
}

/** Wraps a client whose requests fail once it is stopped, which ends a ledger's work. */
function stoppable(client: Client): { readonly client: Client; readonly stop: () => void } {
  let isStopped = false;
  const ask: Client['ask'] = (...args) =>
    isStopped ? Promise.reject(new Error('stopped')) : client.ask(...args);
  const stop = () => void (isStopped = true);
  return { client: Object.assign(Object.create(client) as Client, { ask }), stop };
}

/**
 * Backs up a server under load three times to the same target, and restores each backup.
 * Objects without versions are as they were acknowledged before or requested since;
 * objects with versions have every content acknowledged before, and none in part.
 */
it.each(depth({ gate: [2], deep: [1, 2] }))(
  'has what was acknowledged before it began, restored, of a server of %d processes',
  async (workers) => {
    const folder = await newFolder();
    const [data, target] = [path.join(folder, 'data'), path.join(folder, 'target')];
    const ledger = new WatchedLedger();
    let server = await startEmbeddedProcess(data, workers);
    await prepare(await loginTo(server.url));
    const figures = { backups: 0, acknowledged: 0, copied: 0, kept: 0, removed: 0 };
    for (let round = 0; round < BACKUPS; round++) {
      const { client, stop } = stoppable(await loginTo(server.url));
      const working = work(client, ledger, round);
      const enough = ledger.kept.size + 10;
      await eventually('writes are acknowledged', () => ledger.kept.size >= enough);
      const backupLedger = ledger.beginBackup();
      const { code, stdout, stderr } = await run(process.execPath, [CLI, 'backup', data, target]);
      ledger.end(backupLedger);
      stop();
      await working;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const result = JSON.parse(stdout) as Record<'copied' | 'kept' | 'removed', number>;
      figures.backups++;
      for (const each of ['copied', 'kept', 'removed'] as const) figures[each] += result[each];
      figures.acknowledged = backupLedger.kept.size;
      expect(await findings(target)).toEqual([]);

      const restored = path.join(folder, `restored-${round}`);
      await cp(target, restored, { recursive: true });
      const copy = await startEmbeddedProcess(restored, workers);
      await verify(await loginTo(copy.url), backupLedger);
      expect(await copy.stop()).toBe(0);
      expect(await findings(restored)).toEqual([]);
    }
    await server.stop('SIGKILL');
    server = await startEmbeddedProcess(data, workers);
    await verify(await loginTo(server.url), ledger);
    expect(await server.stop()).toBe(0);
    expect(await findings(data)).toEqual([]);
    countFigures(`backups of ${workers} processes under load`, figures);
    expect(figures.acknowledged).toBeGreaterThan(0);
  },
  (BACKUPS + 1) * 120_000,
);
