import type { Client } from '../../support/clients/client';
import {
  current,
  MODES,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
} from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';

const OBJECT = 'object';

/**
 * `swift upload` deletes the segments of what it overwrites, as anybody may: versions
 * must still work. Swift's own versions keep the broken manifest as a manifest; a proxy
 * can only keep it as text.
 */
describeWithSwift('a static large object whose segments are gone', ({ plain }) => {
  const proxy = suiteProxy(plain);

  async function putLarge(client: Client, container: string): Promise<() => Promise<unknown>> {
    const segments = await newContainer(client, 'segments');
    await put(client, segments, '1', 'segment');
    const manifest = JSON.stringify([{ path: `/${segments}/1` }]);
    await mustBe(
      201,
      client.ask(
        'PUT',
        `${pathOf(container, OBJECT)}?multipart-manifest=put`,
        { 'X-Object-Meta-Colour': 'blue' },
        manifest,
      ),
    );
    return () => mustBe(204, client.ask('DELETE', pathOf(segments, '1')));
  }

  it.each(MODES)('can be overwritten and is archived (%s)', async (mode) => {
    const client = await proxy.login('tester');
    const { container, archive } = await newPair(client, mode);
    const removeSegments = await putLarge(client, container);
    await removeSegments();
    const { status, body } = await client.ask('PUT', pathOf(container, OBJECT), {}, 'new');
    expect([status, body.toString()]).toEqual([201, '']);
    const [entry = ''] = await client.names(archive);
    const response = await client.ask('GET', pathOf(archive, entry));
    expect(JSON.parse(response.body.toString())).toEqual([
      expect.objectContaining({ size_bytes: 7 }),
    ]);
    expect(response.headers.get('x-object-meta-hindsight-manifest')).toBe('its segments are gone');
    expect(response.headers.get('x-object-meta-colour')).toBe('blue');
  });

  it('can be deleted, and is archived, in history mode', async () => {
    const client = await proxy.login('tester');
    const { container, archive } = await newPair(client, 'history');
    const removeSegments = await putLarge(client, container);
    await removeSegments();
    expect((await client.ask('DELETE', pathOf(container, OBJECT))).status).toBe(204);
    expect(await client.names(archive)).toHaveLength(2);
    expect(await current(client, container, OBJECT)).toBe(404);
  });

  it('comes back by DELETE in stack mode', async () => {
    const client = await proxy.login('tester');
    const { container, archive } = await newPair(client, 'stack');
    const removeSegments = await putLarge(client, container);
    await put(client, container, OBJECT, 'new');
    await removeSegments();
    const path = pathOf(container, OBJECT);
    expect((await client.ask('DELETE', path)).status).toBe(204);
    const response = await client.ask('GET', path);
    expect(JSON.parse(response.body.toString())).toEqual([
      expect.objectContaining({ size_bytes: 7 }),
    ]);
    expect(response.headers.get('x-object-meta-hindsight-manifest')).toBe('its segments are gone');
    expect(await client.names(archive)).toEqual([]);
  });
});
