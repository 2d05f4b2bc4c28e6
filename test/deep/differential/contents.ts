import { quote, toBytes } from '../../../src/http/bytes';
import { isReserved } from '../../../src/swift_api/reserved';
import { MARKER_TYPE } from '../../support/clients/containers';
import type { Listed } from './leftovers_with_ids';
import { ROLES } from './places';
import type { Observation } from './observe';
import type { Side } from './side';

/**
 * The contents of a side's containers as the underlying store has them: each line of each
 * listing, and each object.
 */
export type Contents = Readonly<Record<string, Observation>>;

const AT_ONCE = 4;

/** Reads a side's containers. */
export async function readContents(side: Side): Promise<Contents> {
  const contents: Record<string, Observation> = {};
  for (const [role, { account, ids }] of Object.entries(ROLES)) {
    if (ids) {
      Object.assign(contents, await versionsWithIds(side, role));
      continue;
    }
    const path = side.containerPath(role);
    const response = await side.endpoint.connection.send({
      method: 'HEAD',
      path,
      headers: side.endpoint.users[account === 'test' ? 'tester' : 'tester2'],
    });
    if (response.headers.has('x-versions-enabled')) {
      Object.assign(contents, await versionsWithIds(side, role));
      continue;
    }
    // the creation time of a container is mere noise
    contents[`{${role}}`] = side.normaliser.answer({
      ...response,
      headers: response.headers.without('x-timestamp'),
    });
    const { status, body } = await side.ask('GET', `${path}?format=json`);
    const entries = status === 200 ? (JSON.parse(body.toString('utf8')) as { name: string }[]) : [];
    const rows = await inTurn(entries, ({ name }) =>
      side.ask('GET', `${path}/${quote(toBytes(name))}?multipart-manifest=get&symlink=get`),
    );
    entries.forEach((entry, i) => {
      const key = `{${role}}/${side.normaliser.text(entry.name)}`;
      contents[`${key} in its listing`] = {
        status,
        headers: {},
        body: side.normaliser.text(JSON.stringify(entry)),
      };
      // the underlying store's rows include the proxy's own notes, which clients never
      // see
      const { headers, ...row } = rows[i]!;
      contents[key] = side.normaliser.answer({
        ...row,
        headers: headers.filter((name) => !isReserved(name)),
      });
    });
  }
  return contents;
}

/**
 * Returns the versions of a container with ids through its own API; where the versions
 * are stored is up to each side.
 */
async function versionsWithIds(side: Side, role: string): Promise<Record<string, Observation>> {
  const contents: Record<string, Observation> = {};
  const { connection, users } = side.endpoint;
  const ask = (method: string, path: string) =>
    connection.send({ method, path, headers: users.admin });
  const path = side.containerPath(role);
  const response = await ask('HEAD', path);
  contents[`{${role}}`] = side.normaliser.answer({
    ...response,
    headers: response.headers.without('x-timestamp'),
  });
  const listing = await side.versions(role, '');
  contents[`{${role}}?versions`] = withOneLatest(side.normaliser.answer(listing));
  contents[`{${role}} listed`] = side.normaliser.answer(await ask('GET', `${path}?format=json`));
  const rows =
    listing.status === 200
      ? (JSON.parse(listing.body.toString('utf8')) as { name: string; version_id: string }[])
      : [];
  const answers = await inTurn(rows, ({ name, version_id: id }) =>
    ask(
      'GET',
      `${path}/${quote(toBytes(name))}?multipart-manifest=get&symlink=get&version-id=${id}`,
    ),
  );
  rows.forEach(({ name, version_id: id }, i) => {
    const answer = answers[i];
    const key = `{${role}}/${side.normaliser.text(`${name}?version-id=${id}`)}`;
    if (answer) contents[key] = side.normaliser.answer(answer);
  });
  return contents;
}

/**
 * Clears surplus `is_latest` flags: Swift sets it on the first delete marker of a name,
 * also if a newer version exists or another version was made current again.
 */
function withOneLatest(observation: Observation): Observation {
  if (observation.status !== 200) return observation;
  const rows = JSON.parse(observation.body) as Listed[];
  const isMarker = (row: Listed) => row.content_type === MARKER_TYPE;
  const current = new Set(
    rows.filter((row) => row.is_latest && !isMarker(row)).map(({ name }) => name),
  );
  const result = rows.map((row, i) => {
    const isLatest = row.is_latest && !current.has(row.name) && rows[i - 1]?.name !== row.name;
    return isMarker(row) ? { ...row, is_latest: isLatest } : row;
  });
  return { ...observation, body: JSON.stringify(result) };
}

async function inTurn<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE)
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(ask))));
  return results;
}
