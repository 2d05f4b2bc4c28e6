import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStorage } from '../../../src/stores/embedded/storage/lmdb_storage';
import type { Storage } from '../../../src/stores/embedded/storage/storage';
import { bytesOf, findings, namesOf, temporaryFolders } from '../../support/storage';
import { depth } from '../../support/depth';
import { countFigures } from '../../support/figures';

const rounds = Number(process.env.CRASH_ROUNDS ?? depth({ gate: 4, deep: 20 }));
const newFolder = temporaryFolders();

/** The state of an object; null if it does not exist. */
type State = { readonly etag: string; readonly size: number; readonly tag: string } | null;

type Line = { ready: true } | { begin: string; name: string; to: State } | { done: string };

it(
  `loses nothing acknowledged and keeps nothing half in ${rounds} crashes`,
  async () => {
    const folder = await newFolder();
    const known = new Map<string, State>();
    let acknowledged = 0;
    for (let round = 0; round < rounds; round++) {
      const lines = await runAndKill(folder, round);
      acknowledged += lines.filter((line) => 'done' in line).length;
      const allowed = statesAfter(known, lines);
      const storage = await openStorage(folder);
      for (const [name, states] of allowed) known.set(name, await verify(storage, name, states));
      const there = [...known].filter(([, state]) => state !== null).map(([name]) => name);
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
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exited = once(child, 'close');
  while (!said.includes('\n') && child.exitCode === null) await sleep(5);
  await sleep(Math.random() * 800);
  child.kill('SIGKILL');
  const [, signal] = (await exited) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return said
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/**
 * Returns the states each object may be in: the last acknowledged one, or one begun
 * since.
 */
function statesAfter(known: ReadonlyMap<string, State>, lines: Line[]): Map<string, State[]> {
  const allowed = new Map<string, State[]>([...known].map(([name, state]) => [name, [state]]));
  const begun = new Map<string, { name: string; to: State }>();
  for (const line of lines) {
    if ('begin' in line) {
      begun.set(line.begin, line);
      allowed.set(line.name, [...(allowed.get(line.name) ?? [null]), line.to]);
    } else if ('done' in line) {
      const { name, to } = begun.get(line.done)!;
      allowed.set(name, [to]);
    }
  }
  return allowed;
}

async function verify(storage: Storage, name: string, states: State[]): Promise<State> {
  const found = storage.object('a', 'c', name);
  const state = found && {
    etag: found.content.etag,
    size: found.content.size,
    tag: found.attributes.tag,
  };
  const same = states.find((allowed) => JSON.stringify(allowed) === JSON.stringify(state ?? null));
  if (same === undefined)
    throw new Error(`${name} is ${JSON.stringify(state)}, not one of ${JSON.stringify(states)}`);
  if (found !== undefined)
    expect(await bytesOf(storage, found.content)).toHaveLength(found.content.size);
  return same;
}
