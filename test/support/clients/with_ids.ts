import type { Client } from './client';
import { mustBe, newContainer, pathOf } from './containers';

/** An entry of a listing of versions. */
export interface ListedVersion {
  readonly name: string;
  readonly version_id: string;
  readonly is_latest: boolean;
  readonly content_type: string;
}

/** Creates a container with object versioning for one test. */
export function newContainerWithIds(client: Client): Promise<string> {
  return newContainer(client, 'ids', { 'X-Versions-Enabled': 'true' });
}

/** The versions in a container, page by page. */
export async function versionsIn(
  client: Client,
  container: string,
  prefix = '',
): Promise<ListedVersion[]> {
  const all: ListedVersion[] = [];
  for (let query = ''; ;) {
    const path = `/${container}?versions&format=json&prefix=${encodeURIComponent(prefix)}${query}`;
    const { body } = await mustBe(200, client.ask('GET', path));
    const page = JSON.parse(body.toString()) as ListedVersion[];
    const last = page.at(-1);
    if (!last) return all;
    all.push(...page);
    query = `&marker=${encodeURIComponent(last.name)}&version_marker=${last.version_id}`;
  }
}

/** The bodies of versions of an object, by their ids. */
export async function bodiesOf(
  client: Client,
  container: string,
  name: string,
  versions: readonly ListedVersion[],
): Promise<Map<string, string>> {
  const bodies = new Map<string, string>();
  for (const { version_id } of versions) {
    const path = `${pathOf(container, name)}?version-id=${version_id}`;
    const { body } = await mustBe(200, client.ask('GET', path));
    bodies.set(version_id, body.toString());
  }
  return bodies;
}
