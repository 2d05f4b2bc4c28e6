import type { Headers } from '../../../src/http/headers';
import { NEW_MARKER_TYPE } from '../../../src/swift_api/markers';
import { look, putting, type Scene, type State } from '../faults/scenes';
import type { Client } from '../../support/clients/client';
import { archivePrefix, MARKER_TYPE, pathOf } from '../../support/clients/containers';
import { eventually } from '../../support/running/eventually';
import { titleOf } from '../../support/judges/ledger';
import { versionsIn } from '../../support/clients/with_ids';
import { SHARED, type Containers, type Servers } from './lanes';
import type { Ledger } from './ledger';

/** Returns what is finally wrong. */
export async function verdict(
  site: Servers,
  direct: Client,
  containers: Containers,
  ledger: Ledger,
): Promise<string[]> {
  const last = await writeAll(site, direct, containers, ledger);
  return [
    ...ledger.wrong,
    ...(await judgeStacks(direct, containers, ledger, last)),
    ...(await judgeKept(site, direct, containers, ledger)),
  ];
}

/** Judges versions that nobody removes; may be called any number of times. */
export async function judgeKept(
  site: Servers,
  direct: Client,
  containers: Containers,
  ledger: Ledger,
): Promise<string[]> {
  const there = await contents(direct, containers);
  return [
    ...(await judgeVersions(site, direct, containers, ledger)),
    ...[...ledger.kept, ...ledger.archived]
      .filter((title) => !there.has(title))
      .map((title) => `lost: ${title}`),
    ...[...there.keys()]
      .filter((title) => !ledger.sent.has(title))
      .map((title) => `nobody sent: ${title}`),
    ...[...there]
      .filter(([title, times]) => times > 1 && ledger.kept.has(title))
      .map(([title]) => `twice: ${title}`),
  ];
}

/**
 * Writes each object once more, through both proxies: nobody may hold its lock, and
 * leftovers must go. Returns the last title of all.
 */
async function writeAll(
  site: Servers,
  direct: Client,
  { history, stack }: Containers,
  ledger: Ledger,
): Promise<string[]> {
  const titles = site.proxies.map((_, i) => `last-${i} 0`);
  const paths = [
    ...SHARED.map((name) => pathOf(history, name)),
    ...[...ledger.stacks.keys()].map((name) => pathOf(stack, name)),
  ];
  for (const [i, proxy] of site.proxies.entries()) {
    ledger.sent.add(titles[i] ?? '');
    for (const path of paths) {
      await eventually(`${path} is written through proxy ${i}`, async () => {
        const { status } = await direct.at(proxy.url).ask('PUT', path, {}, `${titles[i] ?? ''}\n`);
        return status === 201;
      });
    }
  }
  return titles;
}

async function judgeStacks(
  direct: Client,
  { stack, archive, plain }: Containers,
  { stacks }: Ledger,
  last: readonly string[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const [object, { states }] of stacks) {
    const scene: Scene = {
      ...{ id: '', client: direct, mode: 'stack', container: stack, archive, plain },
      ...{ path: pathOf(stack, object), prefix: archivePrefix(object) },
    };
    const actual = titled(await look(direct, scene));
    const expected = states.map((state) =>
      last.reduce((state, title) => putting(title, [], 'PUT').model('stack', state).state, state),
    );
    if (!expected.some((state) => JSON.stringify(state) === JSON.stringify(actual)))
      wrong.push(
        `${object} is ${JSON.stringify(actual)} instead of ${expected.map((each) => JSON.stringify(each)).join(' or ')}`,
      );
  }
  return wrong;
}

/**
 * Expects each acknowledged version to be unchanged and listed, and each object to be
 * writable, which makes it the newest version.
 */
async function judgeVersions(
  site: Servers,
  direct: Client,
  { ids }: Containers,
  { versions }: Ledger,
): Promise<string[]> {
  const [first] = site.proxies;
  if (!first) throw new Error('there is no server');
  const client = direct.at(first.url);
  for (const name of SHARED)
    await eventually(`${name} is written`, async () => {
      const { status } = await client.ask('PUT', pathOf(ids, name), {}, 'last');
      return status === 201;
    });
  const wrong: string[] = [];
  for (const [path, title] of versions) {
    const { status, body } = await client.ask('GET', path);
    if (titleOf(body) !== title)
      wrong.push(`${path} was ${title} and is ${titleOf(body) ?? status}`);
  }
  const lines = await versionsIn(client, ids);
  const listed = new Set(
    lines.map(({ name, version_id }) => `${pathOf(ids, name)}?version-id=${version_id}`),
  );
  const missing = [...versions.keys()].filter((path) => !listed.has(path));
  const newest = lines.filter(({ name }, i) => name !== lines[i - 1]?.name);
  const stale = newest.filter(({ is_latest }) => !is_latest).map(({ name }) => name);
  return [
    ...wrong,
    ...missing.map((path) => `not listed: ${path}`),
    ...stale.map((name) => `${name} is not its newest version`),
  ];
}

/** Reduces bodies to their titles, by which states are identified. */
function titled({ current, archive }: State): State {
  const title = (body: string) => body.split('\n')[0] ?? '';
  return {
    current: current === undefined ? undefined : title(current),
    archive: archive.map(title),
  };
}

/** Includes a marker that a fault left incomplete and that will expire. */
function isMarker(headers: Headers): boolean {
  const type = headers.get('content-type');
  return type === MARKER_TYPE || (type === NEW_MARKER_TYPE && headers.has('x-delete-at'));
}

/** Counts the titles in all containers that keep versions. */
async function contents(
  direct: Client,
  { history, archive }: Containers,
): Promise<Map<string, number>> {
  const there = new Map<string, number>();
  const containers = [history, archive];
  for (const container of containers) {
    for (let marker = ''; ;) {
      const names = await direct.names(container, `marker=${encodeURIComponent(marker)}`);
      const last = names.at(-1);
      if (last === undefined) break;
      for (const name of names) {
        const { status, headers, body } = await direct.ask('GET', pathOf(container, name));
        if (isMarker(headers)) continue;
        const title = titleOf(body) ?? `${container}/${name}, which is not whole: ${status}`;
        there.set(title, (there.get(title) ?? 0) + 1);
      }
      marker = last;
    }
  }
  return there;
}
