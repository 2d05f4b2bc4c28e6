import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toText } from '../../../src/http/bytes';
import { GroupCommit } from '../../../src/stores/embedded/storage/group_commit';
import { ContentFiles } from '../../../src/stores/embedded/storage/content_files';
import { formatName } from '../../../src/stores/embedded/storage/object_name';
import { childName, idOf } from '../../../src/stores/embedded/storage/keys';
import { formatTicks } from '../../../src/stores/embedded/storage/records';
import { repair, type Repaired } from '../../../src/stores/embedded/fsck/repair';
import type { Damage as Found } from '../../../src/stores/embedded/storage/storage';
import { Scrubber } from '../../../src/stores/embedded/storage/scrubber';
import { metaKeys, openTables, type Tables } from '../../../src/stores/embedded/storage/tables';
import { Chance } from '../../support/running/chance';
import { depth } from '../../support/running/depth';
import { countFigures } from '../../support/running/figures';
import { findings } from '../../support/stores/storage';
import { hear, rangeHeader, type Span, wrongness } from './responses';
import { type Damage, Folder } from './damages';
import { startFilledServer, type Reading, type FilledServer } from './filled_server';
import { temporaryFolders } from '../../support/running/temporary_folders';

const DAMAGES = depth({ gate: 30, deep: 1000 });
/** The number of damages at once, to distinct contents; one check must find them all. */
const AT_ONCE = 10;
/** One in `REPAIRED` rounds repairs the damages, in a copy of the folder. */
const REPAIRED = 2;

const newFolder = temporaryFolders();

/** Returns the names of all objects, as fsck writes them, by their content. */
function namesByContent(tables: Tables): Map<number, string[]> {
  const accounts = new Map<number, string>();
  const containers = new Map<number, { readonly account: string; readonly container: string }>();
  const names = new Map<number, string[]>();
  for (const { key, value } of tables.accounts.getRange())
    accounts.set(value[0], toText(key.toString('latin1')));
  for (const { key, value } of tables.containers.getRange()) {
    const account = accounts.get(idOf(key)) ?? '?';
    containers.set(value[0], { account, container: toText(childName(key)) });
  }
  for (const { key, value } of tables.objects.getRange()) {
    const object = toText(childName(key));
    const [ticks, , content] = value;
    const name = { ...containers.get(idOf(key))!, object, version: formatTicks(ticks) };
    names.set(content, [...(names.get(content) ?? []), formatName(name)]);
  }
  return names;
}

/** Returns ranges: none, the first or last byte, some across blocks, several. */
function spansOf(bytes: Buffer, chance: Chance): Span[][] {
  const last = bytes.length - 1;
  const place = () => chance.below(bytes.length);
  const [from, to] = [place(), place()].sort((a, b) => a - b) as [number, number];
  const few: Span = [from, Math.min(last, from + 10)];
  const ranges: Span[][] = [[[0, 0]], [[last, last]], [[from, to]], [[0, 0], few, [last, last]]];
  return [[], chance.pick(ranges)];
}

/** Picks at most three elements. */
function someOf<T>(all: readonly T[], chance: Chance): T[] {
  const rest = [...all];
  return Array.from(
    { length: Math.min(3, all.length) },
    () => rest.splice(chance.below(rest.length), 1)[0]!,
  );
}

/** One data folder with its server; checks the responses while the folder is damaged. */
class Trial {
  readonly wrong: string[] = [];
  readonly #names: ReadonlyMap<number, string[]>;
  answers = 0;

  constructor(
    private readonly filled: FilledServer,
    private readonly data: string,
    private readonly folder: Folder,
    private readonly chance: Chance,
  ) {
    this.#names = namesByContent(folder.tables);
  }

  /** Damages the folder, requests everything the damages affect, and undoes them. */
  async run(at: number): Promise<void> {
    const damages: Damage[] = [];
    try {
      while (damages.length < AT_ONCE) damages.push(this.#damageElsewhere(damages));
      for (const damage of damages) {
        for (const reading of someOf(this.#concernedBy(damage), this.chance)) {
          await this.#read(damage, reading);
          await this.#copy(damage, reading);
          await this.#change(damage, reading);
        }
      }
      await this.#check(damages);
      if (at % REPAIRED === 0) await this.#repair(damages);
    } finally {
      for (const damage of damages.reverse()) damage.undo();
    }
    for (const damage of damages) {
      for (const reading of this.#concernedBy(damage).slice(0, 1)) {
        const { status, body } = await hear(this.filled.client, 'GET', reading.path);
        if (status !== 200 || !body.equals(reading.bytes))
          this.#note(damage, `${reading.path} is not back`);
      }
    }
  }

  /** Makes a damage of contents that no other damage affects, since these may be gone. */
  #damageElsewhere(others: readonly Damage[]): Damage {
    const damaged = new Set(others.flatMap(({ contents }) => contents.map(({ id }) => id)));
    const { tables, contents } = this.folder;
    const undamaged = new Folder(
      tables,
      contents.filter(({ id }) => !damaged.has(id)),
    );
    const damage = undamaged.damage(this.chance);
    damage.apply();
    return damage;
  }

  #concernedBy({ contents }: Damage): Reading[] {
    const md5s = contents.map(({ md5 }) => md5);
    return this.filled.readings.filter((reading) =>
      reading.contents.some((each) => md5s.includes(each)),
    );
  }

  async #read(damage: Damage, reading: Reading): Promise<void> {
    for (const spans of spansOf(reading.bytes, this.chance)) {
      const response = await hear(this.filled.client, 'GET', reading.path, rangeHeader(spans));
      this.answers++;
      const wrong = wrongness(response, reading, spans);
      if (wrong !== undefined)
        this.#note(damage, `GET ${reading.path} ${JSON.stringify(spans)}: ${wrong}`);
    }
  }

  /** A copy is either refused or right: a segment may be damaged outside its range. */
  async #copy(damage: Damage, { path, bytes }: Reading): Promise<void> {
    const { status } = await hear(this.filled.client, 'COPY', path, { Destination: 'plain/made' });
    const copy = await hear(this.filled.client, 'GET', '/plain/made');
    this.answers++;
    const isRight = status === 201 ? copy.body.equals(bytes) : status >= 500 && copy.status === 404;
    if (!isRight) this.#note(damage, `COPY ${path}: ${status}, then GET: ${copy.status}`);
    if (copy.status !== 404) await hear(this.filled.client, 'DELETE', '/plain/made');
  }

  /** A write or a delete must not lose what it would archive or restore. */
  async #change(damage: Damage, { path }: Reading): Promise<void> {
    const [, mode = '', name = ''] =
      /^\/(stack|history)(?:-archive)?\/(?:\w\w\w)?(files|mixed)/.exec(path) ?? [];
    if (mode === '') return;
    const isArchived = path.includes('-archive');
    if (isArchived && (mode === 'history' || !this.#isNewest(path))) return;
    const before = await this.#listings(mode);
    const methods = isArchived || mode === 'history' ? ['DELETE'] : [];
    if (!isArchived) methods.push('PUT');
    for (const method of methods) {
      const { status, body } = await hear(this.filled.client, method, `/${mode}/${name}`);
      this.answers++;
      if (status !== 503 || !(await this.#listings(mode)).equals(before))
        this.#note(damage, `${method} /${mode}/${name} with ${path}: ${status} ${body.toString()}`);
    }
  }

  /** Whether an archive entry is the one that a DELETE restores. */
  #isNewest(path: string): boolean {
    const prefix = path.slice(0, path.lastIndexOf('/'));
    const last = this.filled.readings.findLast((each) => each.path.startsWith(prefix));
    return last?.path === path;
  }

  async #listings(mode: string): Promise<Buffer> {
    const list = (container: string) =>
      hear(this.filled.client, 'GET', `/${container}?format=json`).then(({ body }) => body);
    return Buffer.concat([await list(mode), await list(`${mode}-archive`)]);
  }

  /** Checks that fsck and the scrubber find each damage and name each broken object. */
  async #check(damages: readonly Damage[]): Promise<void> {
    const flaws = await findings(this.data);
    const byFsck = flaws.flatMap(({ object }) => (object ? [formatName(object)] : []));
    const scrubbed = await this.#scrub();
    const byScrubber = scrubbed.flatMap(({ objects }) => objects.map(formatName));
    const [max] = damages;
    if (flaws.length < damages.length)
      this.#note(max!, `fsck finds ${flaws.length} of ${damages.length}`);
    if (scrubbed.length < damages.length)
      this.#note(max!, `the scrubber finds ${scrubbed.length} of ${damages.length}`);
    for (const damage of damages) {
      for (const name of damage.contents.flatMap(({ id }) => this.#names.get(id) ?? [])) {
        // these bytes are right, and fsck can read them
        if (!byFsck.includes(name) && !damage.isOfNumbers)
          this.#note(damage, `fsck does not name ${name}`);
        if (!byScrubber.includes(name)) this.#note(damage, `the scrubber does not name ${name}`);
      }
    }
  }

  async #scrub(): Promise<Found[]> {
    const damages: Found[] = [];
    const { tables } = this.folder;
    tables.root.resetReadTxn();
    const commits = new GroupCommit(tables, tables.meta.get(metaKeys.owner)!, Date.now);
    const scrubber = new Scrubber(tables, new ContentFiles(this.data), commits, Date.now);
    const { signal } = new AbortController();
    await scrubber.pass({ rate: 0, signal, report: (each) => damages.push(each) });
    return damages;
  }

  /** After a repair no findings are left, and everything it removed is preserved. */
  async #repair([damage]: readonly Damage[]): Promise<void> {
    const copy = join(await newFolder(), 'data');
    await cp(this.data, copy, { recursive: true, filter: (from) => !from.endsWith('.sock') });
    try {
      const done: Repaired[] = [];
      for await (const each of repair(copy)) done.push(each);
      const rest = await findings(copy);
      if (rest.length > 0)
        this.#note(damage!, `after a repair: ${rest.map(({ text }) => text).join('; ')}`);
      if (
        done.some((each) => each.done.includes('damaged/')) &&
        (await readdir(join(copy, 'damaged'))).length === 0
      )
        this.#note(damage!, 'nothing is kept in damaged/');
    } finally {
      await rm(copy, { recursive: true });
    }
  }

  #note(damage: Damage, what: string): void {
    this.wrong.push(`${damage.title}: ${what}`);
  }
}

/**
 * Damages a folder at random; expects no wrong response, and that all damage is found.
 */
export async function expectDamageToShow(seed: number): Promise<void> {
  const data = join(await newFolder(), 'data');
  const chance = new Chance(seed);
  const filled = await startFilledServer(data, chance);
  const tables = openTables(data);
  try {
    expect(await findings(data)).toEqual([]);
    const trial = new Trial(filled, data, new Folder(tables), chance);
    for (let at = 0; at < DAMAGES; at += AT_ONCE) await trial.run(at / AT_ONCE);
    expect(trial.wrong).toEqual([]);
    countFigures('damage', { damages: DAMAGES, answers: trial.answers, seed });
  } finally {
    await tables.root.close();
    await filled.server.close();
  }
}
