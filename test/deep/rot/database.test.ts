import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Flaw } from '../../../src/stores/embedded/walk/flaw';
import { PageFile } from '../../../src/stores/embedded/walk/page_file';
import { walk } from '../../../src/stores/embedded/walk/walk';
import { TABLES } from '../../../src/stores/embedded/walk/walk_database';
import { depth } from '../../support/running/depth';
import { countFigures } from '../../support/running/figures';
import { makeStorage } from '../../support/stores/rot/database';
import { type Read, Reader } from '../../support/stores/rot/reader';
import { temporaryFolders } from '../../support/running/temporary_folders';
import { Chance } from '../../support/running/chance';

const PAGE = 4096;
const SEED = Number(process.env['ROT_SEED'] ?? 1);
const FLIPS = Number(process.env['ROT_FLIPS'] ?? depth({ gate: 60, deep: 1000 }));
/** One in this many flips that no walk finds is also tried by writing to the database. */
const WRITES = depth({ gate: 6, deep: 2 });
const newFolder = temporaryFolders();

/** A byte that changes. */
interface Flip {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** Kinds of page headers: branch and leaf, including pages that are free by now. */
const KINDS = [1, 2];

/** Mostly hits what searches need: headers, branches, leaves, and their beginnings. */
function flipIn(bytes: Buffer, chance: Chance): Flip {
  const pages = Array.from({ length: bytes.length / PAGE }, (_, i) => i);
  const kind = KINDS[Math.floor(chance.next() * 4)];
  const those = pages.filter((page) => page > 1 && bytes.readUInt16LE(page * PAGE + 18) === kind);
  const from = chance.next() < 0.1 ? [0, 1] : kind === undefined ? pages : those;
  const page = from[Math.floor(chance.next() * from.length)] ?? 0;
  const within = [24, 168, PAGE][Math.floor(chance.next() * 3)] ?? PAGE;
  const at = page * PAGE + Math.floor(chance.next() * within);
  const before = bytes[at] ?? 0;
  const after =
    chance.next() < 0.7
      ? before ^ (1 << Math.floor(chance.next() * 8))
      : (before + 1 + chance.next() * 255) % 256;
  return { at, before, after: Math.floor(after) };
}

function set(file: string, at: number, value: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.from([value]), 0, 1, at);
  closeSync(fd);
}

function flawsOf(file: string): readonly Flaw[] {
  const opened = PageFile.open(file);
  try {
    return walk(opened, TABLES).flaws;
  } finally {
    opened.close();
  }
}

/** Whether only one record differs, in its own key or value. */
function isOneRecord(read: Read): boolean {
  if (!('listed' in read)) return false;
  return [read.listed, read.found].every(
    ({ missing, added, changed }) =>
      missing.length + changed.length <= 1 && added.length <= missing.length && added.length <= 1,
  );
}

function differs(read: Read): boolean {
  return (
    !('listed' in read) ||
    Object.values(read.listed).some((list: readonly string[]) => list.length > 0)
  );
}

async function copyTo(folder: string, from: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await copyFile(path.join(from, 'data.mdb'), path.join(folder, 'data.mdb'));
  return path.join(folder, 'data.mdb');
}

it(`names of ${FLIPS} flipped bytes (ROT_SEED=${SEED}) each that could make a record vanish or change another`, async () => {
  const intact = await newFolder();
  await makeStorage(intact, depth({ gate: 800, deep: 1500 }), SEED);
  const folder = await newFolder();
  const file = await copyTo(folder, intact);
  expect(flawsOf(file)).toEqual([]);
  const bytes = readFileSync(file);
  const chance = new Chance(SEED);
  const reader = new Reader(intact);
  const counts = { named: 0, harmless: 0, 'in a record': 0, written: 0 };
  try {
    for (let i = 0; i < FLIPS; i++) {
      const flip = flipIn(bytes, chance);
      const what = `flip ${i}: byte ${flip.at % PAGE} of page ${Math.floor(flip.at / PAGE)}, ${flip.before} -> ${flip.after}`;
      set(file, flip.at, flip.after);
      if (flawsOf(file).length > 0) counts.named++;
      else {
        const read = await reader.read(folder);
        if (!isOneRecord(read)) throw new Error(`${what}: ${JSON.stringify(read).slice(0, 500)}`);
        counts[differs(read) ? 'in a record' : 'harmless']++;
        if (i % WRITES === 0) {
          counts.written++;
          const other = await newFolder();
          const copy = await copyTo(other, folder);
          const after = await reader.read(other, true);
          const flaws = flawsOf(copy);
          if (!isOneRecord(after) || differs(after) !== differs(read) || flaws.length > 0)
            throw new Error(
              `${what}, then writes: ${JSON.stringify([after, flaws]).slice(0, 500)}`,
            );
        }
      }
      set(file, flip.at, flip.before);
    }
  } finally {
    reader.close();
  }
  expect(flawsOf(file)).toEqual([]);
  expect(statSync(file).size).toBe(bytes.length);
  countFigures('flips in a database', counts);
  if (process.env['ROT_FLIPS']) console.log(counts);
}, 600_000);
