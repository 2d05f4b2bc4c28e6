import { versionsContainerOf } from '../../../../src/versioning/object_versioning/version_names';
import type { Answer } from '../../clients/client';
import { MARKER_TYPE, mustBe } from '../../clients/containers';
import { contentOf, type Place, type Seen } from './place';
import type { Content, Entry } from './world';
import type { NullAt } from './world_of_dialects';
import type { Which } from './world_with_ids';

/** An entry of a listing of versions. */
interface Line {
  readonly name: string;
  readonly version_id: string;
  readonly is_latest: boolean;
  readonly content_type: string;
}

/** The current object, and the id of the version that it links to, if any. */
interface Current {
  readonly content: Content;
  readonly id: string | undefined;
}

/**
 * The query for one of an object's versions; if it has no such version, for an id that
 * never existed.
 */
export async function queryOf(at: Place, name: string, which: Which): Promise<string> {
  if (which === 'null') return '?version-id=null';
  const lines = (await linesOf(at, name)).filter(({ version_id }) => version_id !== 'null');
  const linked = which === 'current' ? await readCurrent(at, name) : undefined;
  const ids = {
    oldest: lines.at(-1)?.version_id,
    newest: lines[0]?.version_id,
    current: linked?.id,
  };
  return `?version-id=${ids[which] ?? '0000000001.00000'}`;
}

/**
 * Looks at an object in a container with object versioning as a client sees it, and in
 * the store, if that can be inspected.
 */
export async function lookAtVersions(at: Place, name: string): Promise<Seen> {
  const lines = await linesOf(at, name);
  const withId = lines.filter(({ version_id }) => version_id !== 'null').reverse();
  const now = await readCurrent(at, name);
  const asNull = at.isOfDialects ? await lookAtNull(at, name, lines) : NOT_LOOKED_AT;
  const hidden = await unlisted(at, name, withId.length);
  const oddities = [
    ...oddLines(lines, now),
    ...(hidden < 0 ? [`the store has ${-hidden} versions less than are listed`] : []),
    ...asNull.oddities,
  ];
  const ids = new Map<string, string>();
  const archive: Entry[] = [];
  for (const line of withId) {
    const entry = await readVersion(at, line);
    if (entry === undefined) oddities.push(`${line.version_id} is listed and not there`);
    else archive.push(entry);
    ids.set(line.version_id, typeof entry === 'object' ? entry.body : String(entry));
  }
  const latest = withId.findIndex(({ is_latest }) => is_latest);
  return {
    current: now?.content,
    archive,
    latest: latest < 0 ? undefined : latest,
    nullAt: asNull.nullAt,
    ids,
    oddities,
    hidden,
  };
}

const NOT_LOOKED_AT: Awaited<ReturnType<typeof lookAtNull>> = { nullAt: undefined, oddities: [] };

/**
 * Checks what a filter for another API sees: the same, except for at most one null
 * version, which can also be read by that id.
 */
async function lookAtNull(
  at: Place,
  name: string,
  lines: readonly Line[],
): Promise<{ readonly nullAt: NullAt; readonly oddities: string[] }> {
  const dialectLines = await linesOf(at.dialect, name);
  const place = dialectLines.findIndex(({ version_id }) => version_id === 'null');
  const listed = lines[place];
  const ids = (all: readonly Line[]) =>
    all.map((line) => `${line.version_id}${line.is_latest ? '*' : ''}`);
  const expected = lines.map((line) => (line === listed ? { ...line, version_id: 'null' } : line));
  const oddities =
    ids(dialectLines).join() === ids(expected).join()
      ? []
      : [`a dialect lists ${ids(dialectLines).join()}, and not ${ids(expected).join()}`];
  const byNull = await readById(at.dialect, name, 'null');
  const byId = listed === undefined ? 'nothing' : await readById(at, name, listed.version_id);
  if (byNull !== byId)
    oddities.push(`the null version is found as ${byNull}, and listed as ${byId}`);
  if (listed === undefined) return { nullAt: undefined, oddities };
  return { nullAt: listed.version_id === 'null' ? 'itself' : lines.length - 1 - place, oddities };
}

/** Describes what an id leads to. */
async function readById(at: Place, name: string, id: string): Promise<string> {
  const answer = await at.ask('GET', name, {
    query: `?version-id=${id}&multipart-manifest=get&symlink=get`,
  });
  const { status, headers } = answer;
  if (status === 404) return headers.get('content-type') === MARKER_TYPE ? 'a marker' : 'nothing';
  mustBeVersion(answer, id);
  const { body, meta } = contentOf(await mustBe(200, Promise.resolve(answer)));
  return `${body} [${meta}]`;
}

/**
 * The versions of an object, the newest first, preceded by the null version, if there is
 * one.
 */
async function linesOf({ client, container }: Place, name: string): Promise<Line[]> {
  const path = `/${container}?versions&format=json&prefix=${encodeURIComponent(name)}`;
  const { status, body } = await client.ask('GET', path);
  if (status === 404) return [];
  if (status !== 200)
    throw new Error(`a listing of versions was answered ${status}: ${body.toString()}`);
  return (JSON.parse(body.toString()) as Line[]).filter((line) => line.name === name);
}

/** Faults that no listing of one object's versions may have. */
function oddLines(lines: readonly Line[], now: Current | undefined): string[] {
  const ids = lines.map(({ version_id }) => version_id);
  const [first, ...others] = ids;
  const ordered = (first === 'null' ? others : ids).every(
    (id, i, all) => i === 0 || id < (all[i - 1] ?? ''),
  );
  const latest = lines.filter(({ is_latest }) => is_latest).map(({ version_id }) => version_id);
  const isNull = now !== undefined && now.id === undefined;
  return [
    ...(ordered ? [] : [`versions out of order: ${ids.join()}`]),
    ...(others.includes('null') ? [`what has no id is not the first: ${ids.join()}`] : []),
    ...(isNull === (first === 'null') ? [] : ['what has no id is not there, or not listed']),
    ...(now && latest.join() !== (now.id ?? 'null')
      ? [`current is ${now.id ?? 'null'}, latest ${latest.join()}`]
      : []),
    ...(!now && latest.length > 1 ? [`several are the latest: ${latest.join()}`] : []),
  ];
}

/** Counts versions and notes in the store that no client sees. */
async function unlisted(
  { store, container }: Place,
  name: string,
  listed: number,
): Promise<number> {
  if (!store) return 0;
  const path = `/${encodeURIComponent(versionsContainerOf(container))}`;
  const { status, body } = await store.ask(
    'GET',
    `${path}?prefix=${encodeURIComponent(`${name}\x01`)}`,
  );
  const there = status === 200 ? body.toString().split('\n').filter(Boolean).length : 0;
  return there - listed;
}

async function readVersion(
  at: Place,
  { name, version_id, content_type }: Line,
): Promise<Entry | undefined> {
  const query = `?version-id=${version_id}&multipart-manifest=get&symlink=get`;
  const answer = await at.ask('GET', name, { query });
  if (answer.status === 404) {
    const isMarker =
      answer.headers.get('content-type') === MARKER_TYPE && content_type === MARKER_TYPE;
    return isMarker ? 'delete marker' : undefined;
  }
  mustBeVersion(answer, version_id);
  return contentOf(await mustBe(200, Promise.resolve(answer)));
}

function mustBeVersion({ headers }: Answer, id: string): void {
  const reported = headers.get('x-object-version-id');
  if (reported !== id) throw new Error(`version ${id} is said to be ${reported ?? 'none'}`);
}

/** Reads the current object, itself and through its version; the two must agree. */
async function readCurrent(at: Place, name: string): Promise<Current | undefined> {
  const [followed, itself] = [
    await at.ask('GET', name, { query: '?multipart-manifest=get' }),
    await at.ask('GET', name, { query: '?multipart-manifest=get&symlink=get' }),
  ];
  if (itself.status === 404 && followed.status === 404) return undefined;
  await mustBe(200, Promise.resolve(itself));
  await mustBe(200, Promise.resolve(followed));
  const id = /\?version-id=(.*)$/.exec(itself.headers.get('x-symlink-target') ?? '')?.[1];
  if (id === undefined) return { content: contentOf(itself), id };
  const query = `?version-id=${id}&multipart-manifest=get`;
  const version = await mustBe(200, at.ask('GET', name, { query }));
  if (!version.body.equals(followed.body))
    throw new Error(`the object is not what its version ${id} is`);
  const versionItself = await mustBe(200, at.ask('GET', name, { query: `${query}&symlink=get` }));
  // if the version is a symlink, its target has no version
  if (!versionItself.headers.has('x-symlink-target')) mustBeVersion(followed, id);
  return { content: contentOf(versionItself), id };
}
