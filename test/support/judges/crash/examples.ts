import { randomBytes } from 'node:crypto';
import { partOf } from '../../running/depth';
import type { Client } from '../../clients/client';
import { archivePrefix, mustBe, pathOf } from '../../clients/containers';
import { login } from '../../servers/embedded';
import { Place } from './place';
import type { Stage, Victim } from './stages';
import { put, putNull, remove, removeNull, switchTo, type Step } from './steps';
import type { Setting } from './world';

const OBJECT = 'object';
/** The requests before which an operation is killed; no operation here makes more. */
const CELLS = partOf(
  Array.from({ length: 12 }, (_, i) => i + 1),
  { oneOf: 3, from: 1 },
);

/**
 * Operations that were killed before each of their requests, each in its own containers,
 * as seen from the next process.
 */
interface Killed {
  readonly places: readonly Place[];
}

/**
 * What clients met after a kill, over one kind of store.
 */
export function killedExamples(name: string, open: () => Promise<Stage>): void {
  describe(`what was killed between any two requests, ${name}`, () => {
    let stage: Stage;
    let victim: Victim | undefined;
    beforeAll(async () => {
      stage = await open();
    }, 120_000);
    afterAll(async () => {
      await victim?.kill();
      await stage.close();
    });

    async function killed(setting: Setting, before: readonly Step[], step: Step): Promise<Killed> {
      await victim?.kill();
      const first = await stage.start();
      const client = await login(first.url, 'test:tester', 'testing');
      const prefix = `crash-${randomBytes(4).toString('hex')}-`;
      const at = (user: Client, cell: number) =>
        new Place(user, `${prefix}${cell}`, prefix, { store: storeOf(first, user) });
      const hold = async (cell: number) => {
        const place = at(client, cell);
        await place.create(setting);
        for (const each of before) await each.send(place, OBJECT);
        await first.gate.begin(`${prefix}${cell}`, { side: 'before', request: cell });
        const sent = step.send(place, OBJECT).catch(() => 0);
        await Promise.race([first.gate.stopped(`${prefix}${cell}`), sent]);
      };
      await Promise.all(CELLS.map(hold));
      await first.kill();
      victim = await stage.start();
      const next = await login(victim.url, 'test:tester', 'testing');
      return { places: CELLS.map((cell) => at(next, cell)) };
    }

    it('a DELETE in history mode leaves no marker beside an object that is there', async () => {
      const { places } = await killed('history', [put('one'), put('two')], remove);
      await eachOf(places, async (place) => {
        const isThere = (await place.ask('HEAD', OBJECT)).status === 200;
        if (isThere) expect(await markersListed(place)).toEqual([]);
        expect(await put('three').send(place, OBJECT)).toBe(201);
        const { archive, hidden, oddities } = await place.look(OBJECT);
        expect({ hidden, oddities }).toEqual({ hidden: 0, oddities: [] });
        expect(archive.filter((each) => each === 'delete marker')).toHaveLength(isThere ? 0 : 1);
        const listed = (await pagesOf(place.client, `/${place.archive}?format=json`)).length;
        const { headers } = await place.client.ask('HEAD', `/${place.archive}`);
        expect(headers.get('x-container-object-count')).toBe(String(listed));
      });
    }, 300_000);

    it('a PUT over a delete marker leaves one latest version, which is what is found', async () => {
      const { places } = await killed('ids', [put('one'), remove], put('two'));
      await eachOf(places, oneLatest);
    }, 300_000);

    it('a write with versions switched off leaves one null version', async () => {
      const before = [
        switchTo('ids off'),
        putNull('one'),
        switchTo('ids'),
        put('two'),
        switchTo('ids off'),
      ];
      for (const step of [putNull('three'), removeNull]) {
        const { places } = await killed('ids', before, step);
        await eachOf(places, async (place) => {
          const lines = await oneLatest(place);
          expect(lines.filter(({ version_id }) => version_id === 'null')).toHaveLength(1);
          expect(lines).toHaveLength(2);
          expect(await putNull('four').send(place, OBJECT)).toBe(201);
          expect(await oneLatest(place)).toHaveLength(2);
          expect((await place.look(OBJECT)).hidden).toBe(0);
        });
      }
    }, 300_000);
  });
}

/** Checks all places at once, which is safe since their containers differ. */
async function eachOf(
  places: readonly Place[],
  look: (place: Place) => Promise<unknown>,
): Promise<void> {
  await Promise.all(places.map(look));
}

interface Line {
  readonly name: string;
  readonly version_id: string;
  readonly version_marker?: string;
  readonly is_latest: boolean;
  readonly hash?: string;
}

function storeOf({ store }: Victim, user: Client): Client | undefined {
  return store === undefined ? undefined : user.at(store);
}

/**
 * Lists the versions of the object page by page, and checks that a GET returns the latest
 * one.
 */
async function oneLatest({ dialect }: Place): Promise<Line[]> {
  const lines: Line[] = [];
  for (let after = ''; ;) {
    const path = `/${dialect.container}?versions&format=json&limit=1${after}`;
    const [line] = JSON.parse(
      (await mustBe(200, dialect.client.ask('GET', path))).body.toString(),
    ) as Line[];
    if (!line) break;
    lines.push(line);
    const { name, version_marker, version_id } = line;
    after = `&marker=${encodeURIComponent(name)}&version_marker=${version_marker ?? version_id}`;
  }
  const latest = lines.filter(({ is_latest }) => is_latest);
  expect(latest).toHaveLength(1);
  const { status, headers } = await dialect.ask('HEAD', OBJECT);
  const isFound = status === 200;
  expect(headers.get('x-object-version-id')).toBe(latest[0]?.version_id);
  if (isFound) expect(headers.get('etag')).toBe(latest[0]?.hash);
  return lines;
}

/**
 * The delete markers that any form of a listing shows, also page by page and in reverse.
 */
async function markersListed({ client, archive }: Place): Promise<string[]> {
  const path = `/${archive}?prefix=${encodeURIComponent(archivePrefix(OBJECT))}`;
  const json = [
    ...(await pagesOf(client, `${path}&format=json&limit=1`)),
    ...(await pagesOf(client, `${path}&format=json&limit=2&reverse=true`)),
  ];
  const versions = new Set<string>();
  for (const { name } of json) {
    const { headers } = await mustBe(200, client.ask('HEAD', pathOf(archive, name)));
    if (!headers.get('content-type')?.startsWith('application/x-deleted')) versions.add(name);
  }
  const text = (await client.ask('GET', path)).body.toString().split('\n').filter(Boolean);
  const xml = (await client.ask('GET', `${path}&format=xml`)).body.toString();
  return [
    ...[...json.map(({ name }) => name), ...text].filter((name) => !versions.has(name)),
    ...(xml.match(/application\/x-deleted/g) ?? []),
  ];
}

async function pagesOf(client: Client, path: string): Promise<{ name: string }[]> {
  const all: { name: string }[] = [];
  for (;;) {
    const marker = encodeURIComponent(all.at(-1)?.name ?? '');
    const { body } = await mustBe(200, client.ask('GET', `${path}&marker=${marker}`));
    const page = JSON.parse(body.toString()) as { name: string }[];
    if (page.length === 0) return all;
    all.push(...page);
  }
}
