import type { Answer, Client } from '../../support/clients/client';
import { partOf } from '../../support/running/depth';
import {
  SECRETS,
  changes,
  look,
  makeWorld,
  tarOf,
  type AttemptStore,
  type Place,
  type World,
} from './world';

/**
 * Paths below the account that begin in a container the user may write to, and might lead
 * to another.
 */
const paths = ({ writable }: World, { container, archive, entry }: Place): string[] => [
  ...[
    `../${container}/object`,
    `%2e%2e/${container}/object`,
    `%2E%2E%2F${container}%2Fobject`,
    `..%5c${container}%5cobject`,
  ].map((rest) => `/${writable}/${rest}`),
  `/${writable}//${container}/object`,
  `/${writable}/../../AUTH_test/${container}/object`,
  `/${writable}/object%00/../../${container}/object`,
  `/${writable}/%0d%0aX-Auth-Token:%20x`,
  `/${writable}/%ff%fe%80`,
  `/${writable}/;/../../${container}/object`,
  `/${writable}/${entry}`,
  `/${writable}%2F..%2F${archive}%2F${entry}`,
  `/${writable}/../${archive}/${entry}`,
  `/./${container}/object`,
  `//${container}/object`,
  `/${container}%00/object`,
  `/%00${container}/object`,
  `/${container}/./object`,
  `/${container}%2Fobject`,
  `/../AUTH_test/${container}/object`,
];

/**
 * Names cannot lead elsewhere: a client that may write to one container writes only
 * there, and reads nothing of other containers.
 */
export function namesTable(store: () => AttemptStore): void {
  it('no name leads from a writable container into another, or into an archive', async () => {
    const world = await makeWorld(store(), {});
    const writer = await store().login('tester3');
    const before = await look(world);
    const answers: Answer[] = [];
    for (const place of world.places) {
      for (const path of partOf(paths(world, place), { oneOf: 13, from: store().kind.length }))
        answers.push(...(await attemptAll(writer, world, path)));
    }
    const after = await look(world);
    const elsewhere = changes(before, after).filter(
      (change) => !change.includes(`/${world.writable}`),
    );
    expect(elsewhere).toEqual([]);
    const own = [...after]
      .filter(([what]) => what.includes(`/${world.writable}`))
      .map(([, text]) => text);
    const visible = [...answers.map(({ body }) => body.toString()), ...own];
    for (const secret of SECRETS)
      expect(visible.filter((text) => text.includes(secret))).toEqual([]);
    await world.end();
  }, 180_000);
}

async function attemptAll(
  writer: Client,
  { writable, shared }: World,
  path: string,
): Promise<Answer[]> {
  const file = path.slice(1).replaceAll('%2F', '/');
  return [
    await writer.ask('PUT', path, {}, 'after'),
    await writer.ask('POST', path, { 'X-Object-Meta-Kept': 'no more' }),
    await writer.ask('COPY', `/${shared}/source`, { Destination: path }),
    await writer.ask('PUT', `/${writable}/stolen`, { 'X-Copy-From': path }),
    await writer.ask('PUT', `/${writable}/linked`, { 'X-Symlink-Target': path.slice(1) }),
    await writer.ask('GET', `/${writable}/linked`),
    await writer.ask('POST', '?bulk-delete', { 'Content-Type': 'text/plain' }, path),
    await writer.ask('PUT', '?extract-archive=tar', {}, await tarOf(file)),
    await writer.ask('PUT', `/${writable}?extract-archive=tar`, {}, await tarOf(`../${file}`)),
    await writer.ask('DELETE', path),
    await writer.ask('DELETE', `${path}?multipart-manifest=delete`),
  ];
}
