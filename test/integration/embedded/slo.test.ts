import type { Client } from '../../support/clients/client';
import { mustBe, newContainer, put } from '../../support/clients/containers';
import { suiteEmbedded } from '../../support/servers/embedded';

describe('a static large object', () => {
  const server = suiteEmbedded();
  let client: Client;
  beforeAll(async () => {
    client = await server.login('test:tester', 'testing');
  });

  /** Makes a large object of two segments, the second in another container if `apart`. */
  async function largeObject(apart = false) {
    const manifests = await newContainer(client, 'manifests');
    const first = await newContainer(client, 'segments');
    const second = apart ? await newContainer(client, 'segments') : first;
    await put(client, first, '1', 'one');
    await put(client, second, '2', 'two');
    const manifest = JSON.stringify([{ path: `/${first}/1` }, { path: `/${second}/2` }]);
    await mustBe(201, client.ask('PUT', `/${manifests}/slo?multipart-manifest=put`, {}, manifest));
    return { path: `/${manifests}/slo`, manifests, first, second, manifest };
  }

  it('names the type of a segment without its parameters, as Swift', async () => {
    const container = await newContainer(client, 'segments');
    const type = { 'Content-Type': 'text/x-notes; charset=utf-8' };
    await mustBe(201, client.ask('PUT', `/${container}/1`, type, 'one'));
    const manifest = JSON.stringify([{ path: `/${container}/1` }]);
    await mustBe(201, client.ask('PUT', `/${container}/slo?multipart-manifest=put`, {}, manifest));
    const { body } = await client.ask('GET', `/${container}/slo?multipart-manifest=get`);
    expect(JSON.parse(body.toString())).toMatchObject([{ content_type: 'text/x-notes' }]);
  });

  it('is gone with its segments once async=yes is answered', async () => {
    const { path, manifests, first } = await largeObject();
    const { status, body } = await client.ask(
      'DELETE',
      `${path}?multipart-manifest=delete&async=yes`,
    );
    expect([status, body.toString()]).toEqual([204, '']);
    expect([...(await client.names(manifests)), ...(await client.names(first))]).toEqual([]);
  });

  it('is not deleted with async=yes where Swift refuses that', async () => {
    const { path, manifests, first, second } = await largeObject(true);
    const apart = await client.ask('DELETE', `${path}?multipart-manifest=delete&async=yes`);
    expect([apart.status, apart.body.toString()]).toEqual([
      400,
      `All segments must be in one container. Found segments in "${first}", "${second}"`,
    ]);
    const nested = JSON.stringify([{ path }]);
    await mustBe(201, client.ask('PUT', `/${manifests}/nested?multipart-manifest=put`, {}, nested));
    const deep = await client.ask(
      'DELETE',
      `/${manifests}/nested?multipart-manifest=delete&async=yes`,
    );
    expect([deep.status, deep.body.toString()]).toEqual([400, 'No segments may be large objects.']);
    const none = await client.ask('DELETE', `/${first}/1?multipart-manifest=delete&async=yes`);
    expect([none.status, none.body.toString()]).toEqual([400, 'Not an SLO manifest']);
    const missing = await client.ask('DELETE', `/${first}/9?multipart-manifest=delete&async=yes`);
    expect(missing.status).toBe(404);
    expect(await client.names(first)).toEqual(['1']);
  });

  it('is told of no more mistakes in its manifest than that can have segments', async () => {
    const container = await newContainer(client);
    const path = `/${container}/slo?multipart-manifest=put`;
    const wrong = JSON.stringify([...Array.from({ length: 2000 }, () => 1), { path: '/a/b' }]);
    const { status, body } = await client.ask('PUT', path, {}, wrong);
    const lines = body.toString().trimEnd().split('\n');
    expect([status, lines.length, lines.at(-1)]).toEqual([
      400,
      1000,
      'Index 999: not a JSON object',
    ]);
  });

  it('has 1,000 objects at most, and 10,000 segments with the data in its manifest', async () => {
    const { manifests, first } = await largeObject();
    const path = `/${manifests}/bounded?multipart-manifest=put`;
    const manifest = (objects: number, data: number) =>
      JSON.stringify([
        ...Array<object>(objects).fill({ path: `/${first}/1` }),
        ...Array<object>(data).fill({ data: 'YQ==' }),
      ]);
    await mustBe(201, client.ask('PUT', path, {}, manifest(1000, 1000)));
    for (const [objects, data, message] of [
      [1001, 0, 'Number of object-backed segments must be <= 1000'],
      [1, 10_000, 'Number of segments must be <= 10000'],
    ] as const) {
      const { status, body } = await client.ask('PUT', path, {}, manifest(objects, data));
      expect([status, body.toString()]).toEqual([413, message]);
    }
  });

  it('has no segment in a container that holds versions, whatever else its manifest has', async () => {
    const container = await newContainer(client);
    const path = `/${container}/slo?multipart-manifest=put`;
    const others = [1, null, 'x', [], {}, { path: 1 }, { path: '/a/b' }];
    const hidden = { path: `//.hindsight-versions-${container}/x` };
    const { status, body } = await client.ask('PUT', path, {}, JSON.stringify([...others, hidden]));
    expect([status, body.toString()]).toEqual([400, expect.stringContaining('versions container')]);
  });

  it('tells in a body of unknown length how a put with heartbeats ended', async () => {
    const { manifests, manifest } = await largeObject();
    const ask = (body: string, etag?: string) =>
      client.ask(
        'PUT',
        `/${manifests}/beats?multipart-manifest=put&heartbeat=on`,
        { Accept: 'application/json', ...(etag ? { ETag: etag } : {}) },
        body,
      );
    const put = await ask(manifest);
    expect([put.status, put.headers.has('content-length')]).toEqual([202, false]);
    expect(put.body.toString()).toMatch(/^ \r\n\r\n\{"Response Status": "201 Created", /);
    expect(JSON.parse(put.body.toString())).toMatchObject({ 'Response Body': '', Errors: [] });
    const failed = await ask(manifest, 'another');
    expect(JSON.parse(failed.body.toString())).toEqual({
      'Response Status': '422 Unprocessable Entity',
      'Response Body': 'Unprocessable Entity\nUnable to process the contained instructions',
      Errors: [],
    });
  });
});
