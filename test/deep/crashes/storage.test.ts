import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStorage } from '../../../src/stores/embedded/storage/lmdb_storage';
import type { Storage } from '../../../src/stores/embedded/storage/storage';
import { bytesOf, findings, namesOf } from '../../support/stores/storage';
import { depth } from '../../support/running/depth';
import { countFigures } from '../../support/running/figures';
import { temporaryFolders } from '../../support/running/temporary_folders';

const rounds = Number(process.env.CRASH_ROUNDS ?? depth({ gate: 4, deep: 20 }));
const newFolder = temporaryFolders();

/** The state of an object; null if it does not exist. */
type State = { readonly etag: string; readonly size: number; readonly tag: string } | null;

type Line = { ready: true } | { begin: string; name: string; to: State } | { done: string };

it(
  `loses nothing acknowledged and keeps nothing half in ${rounds} crashes`,
  async () => {
    const folder = await newFolder();
    const acknowledgedStates = new Map<string, State>();
    let acknowledged = 0;
    for (let round = 0; round < rounds; round++) {
      const lines = await runAndKill(folder, round);
      acknowledged += lines.filter((line) => 'done' in line).length;
      const allowed = statesAfter(acknowledgedStates, lines);
      const storage = await openStorage(folder);
      for (const [name, states] of allowed)
        acknowledgedStates.set(name, await verify(storage, name, states));
      const there = [...acknowledgedStates]
        .filter(([, state]) => state !== null)
        .map(([name]) => name);
      expect(namesOf(storage.listObjects('a', 'c', { limit: 1000 }))).toEqual(there.sort());
      await storage.close();
      expect(await findings(folder)).toEqual([]);
    }
    countFigures('crashes of the storage', { rounds, acknowledged });
    expect(acknowledged).toBeGreaterThan(rounds);
  },
  rounds * 20_000,
);

/** Runs a child for a random time, kills it, and returns its output. */
async function runAndKill(folder: string, round: number): Promise<Line[]> {
  const child = spawn(
    process.execPath,
    [path.join(__dirname, 'crash_child.mjs'), folder, String(round)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exited = once(child, 'close');
  while (!output.includes('\n') && child.exitCode === null) await sleep(5);
  await sleep(Math.random() * 800);
  child.kill('SIGKILL');
  const [, signal] = (await exited) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/**
 * Returns the states each object may be in: the last acknowledged one, or one begun
 * since.
 */
function statesAfter(states: ReadonlyMap<string, State>, lines: Line[]): Map<string, State[]> {
  const allowed = new Map<string, State[]>([...states].map(([name, state]) => [name, [state]]));
  const pending = new Map<string, { name: string; to: State }>();
  for (const line of lines) {
    if ('begin' in line) {
      pending.set(line.begin, line);
      allowed.set(line.name, [...(allowed.get(line.name) ?? [null]), line.to]);
    } else if ('done' in line) {
      const { name, to } = pending.get(line.done)!;
      allowed.set(name, [to]);
    }
  }
  return allowed;
}

async function verify(storage: Storage, name: string, states: State[]): Promise<State> {
  const record = storage.object('a', 'c', name);
  const state = record && {
    etag: record.content.etag,
    size: record.content.size,
    tag: record.attributes.tag,
  };
  const same = states.find((allowed) => JSON.stringify(allowed) === JSON.stringify(state ?? null));
  if (same === undefined)
    throw new Error(`${name} is ${JSON.stringify(state)}, not one of ${JSON.stringify(states)}`);
  if (record !== undefined)
    expect(await bytesOf(storage, record.content)).toHaveLength(record.content.size);
  return same;
}
