import type { Client } from '../../support/clients/client';
import { mustBe, newContainer, put } from '../../support/clients/containers';
import { newContainerWithIds } from '../../support/clients/with_ids';
import { BOMS, encoded, ENCODINGS } from '../../support/clients/encodings';

/** A store behind a proxy with object versioning. */
export interface HidingStore {
  login(): Promise<Client>;
  /** The same user, at the store itself. */
  direct(): Promise<Client>;
}

const LARGE = 'multipart-manifest';
/**
 * For a range, Swift does not require the copy to have the ETag of its source, which no
 * manifest has.
 */
const RANGED = { Range: 'bytes=0-' };

/** No client can reach versions containers, whatever the store would understand. */
export function hiddenTable(store: () => HidingStore): void {
  let client: Client;
  let direct: Client;
  beforeAll(async () => {
    client = await store().login();
    direct = await store().direct();
  });

  /** Makes a container with two versions of an object, and an unversioned one. */
  async function world() {
    const container = await newContainerWithIds(client);
    for (const body of ['one', 'two']) await put(client, container, 'object', body);
    const plain = await newContainer(client);
    await put(client, plain, 'part', 'part');
    const hidden = `.hindsight-versions-${container}`;
    const versions = () => direct.names(hidden);
    const [oldest = ''] = (await versions()).slice(-1);
    return { container, plain, versions, version: `/${hidden}/${oldest}`, part: `/${plain}/part` };
  }

  const manifestOf = (...paths: string[]) => JSON.stringify(paths.map((path) => ({ path })));

  /** Manifests that name a version, by their peculiarity. */
  function oddities(version: string, part: string): [string, Buffer][] {
    const plainly = manifestOf(version);
    const text = Buffer.from(plainly);
    const [head, tail] = [text.subarray(0, -3), text.subarray(-3)];
    return [
      ...ENCODINGS.map((encoding): [string, Buffer] => [encoding, encoded(plainly, encoding)]),
      ...BOMS.map(([encoding, mark]): [string, Buffer] => [
        `${encoding} with its mark`,
        Buffer.concat([mark, encoded(plainly, encoding)]),
      ]),
      ['slashes', Buffer.from(manifestOf(`///${version}`))],
      ['no slash', Buffer.from(manifestOf(version.slice(1)))],
      ['escapes', Buffer.from(plainly.replace('.hindsight', '\\u002ehind\\u0073ight'))],
      ['two paths, the last counts', Buffer.from(`[{"path": "${part}", ${plainly.slice(2)}`)],
      ['a broken character', Buffer.concat([head, Buffer.from([0xff]), tail])],
      ['half a character in UTF-8', Buffer.concat([head, Buffer.from([0xed, 0xa0, 0x80]), tail])],
      ['half a character', Buffer.from(plainly.replace('"}', '\\ud800"}'))],
      ['NaN', Buffer.from(plainly.replace('"}', '", "size_bytes": NaN}'))],
      ['others that are wrong', Buffer.from(`[1, null, {}, {"path": 1}, ${plainly.slice(1)}`)],
    ];
  }

  it('no manifest names a version, in whatever form', async () => {
    const { plain, version, part, versions } = await world();
    const before = await versions();
    for (const [what, body] of oddities(version, part)) {
      const { status } = await client.ask('PUT', `/${plain}/large?${LARGE}=put`, {}, body);
      expect([what, status]).toEqual([what, 400]);
    }
    expect(await client.names(plain)).toEqual(['part']);
    expect(await versions()).toEqual(before);
  });

  it('no copy becomes a manifest that names a version', async () => {
    const { plain, version, part } = await world();
    for (const [i, [what, body]] of oddities(version, part).entries()) {
      await mustBe(201, client.ask('PUT', `/${plain}/text`, {}, body));
      const from = { 'X-Copy-From': `${plain}/text`, ...RANGED };
      const to = { Destination: `${plain}/large`, ...RANGED };
      const { status } =
        i % 2 === 0
          ? await client.ask('PUT', `/${plain}/large?${LARGE}=put`, from)
          : await client.ask('COPY', `/${plain}/text?${LARGE}=put`, to);
      expect([what, status]).toEqual([what, 400]);
    }
    expect(await client.names(plain)).toEqual(['part', 'text']);
  });

  it('a copy becomes a manifest if it is still what was checked', async () => {
    const { plain, part } = await world();
    await mustBe(201, client.ask('PUT', `/${plain}/text`, {}, manifestOf(part, part)));
    const to = { Destination: `${plain}/large`, ...RANGED };
    const copy = await client.ask('COPY', `/${plain}/text?${LARGE}=put`, to);
    expect([copy.status, copy.body.toString()]).toEqual([201, expect.any(String)]);
    expect((await client.ask('GET', `/${plain}/large`)).body.toString()).toBe('partpart');
    const missing = await client.ask('COPY', `/${plain}/none?${LARGE}=put`, {
      Destination: `${plain}/l2`,
    });
    expect(missing.status).toBe(404);
  });

  it('no version is deleted by a manifest, whoever made it, not even by a nested one', async () => {
    const { plain, version, part, versions } = await world();
    const before = await versions();
    const make = (name: string, ...paths: string[]) =>
      mustBe(201, direct.ask('PUT', `/${plain}/${name}?${LARGE}=put`, {}, manifestOf(...paths)));
    await make('bad', part, version);
    await make('middle', part, `/${plain}/bad`);
    await make('top', `/${plain}/middle`);
    for (const name of ['bad', 'middle', 'top']) {
      for (const more of ['', '&async=yes']) {
        const { status, body } = await client.ask(
          'DELETE',
          `/${plain}/${name}?${LARGE}=delete${more}`,
        );
        expect([name, status, body.toString()]).toEqual([
          name,
          400,
          expect.stringContaining('versions container'),
        ]);
      }
    }
    const copied = await client.ask('COPY', `/${plain}/bad?${LARGE}=get`, {
      Destination: `${plain}/copy`,
    });
    expect(copied.status).toBe(400);
    expect(await client.names(plain)).toEqual(['bad', 'middle', 'part', 'top']);
    expect(await versions()).toEqual(before);
    await mustBe(204, client.ask('DELETE', `/${plain}/bad`));
    expect(await versions()).toEqual(before);
  });

  it('no version, and no container of them, is deleted by a list of names', async () => {
    const { version, versions } = await world();
    const before = await versions();
    const list = (path: string, names: string) =>
      client.ask('POST', path, { 'Content-Type': 'text/plain' }, names);
    const encodedName = `%2E${version.slice(2)}`;
    for (const names of [version, `x\n  ${encodedName}\r\n`, version.split('/')[1] ?? ''])
      expect((await list('?bulk-delete', names)).status).toBe(400);
    // this path names nothing to Hindsight, but an account to Swift
    expect((await list('//c?bulk-delete', version)).status).toBe(400);
    // two parameters for older versions of Python
    expect((await list('?x=y;bulk-delete', version)).status).toBe(400);
    expect(await versions()).toEqual(before);
  });

  it('an invalid name in a header is refused', async () => {
    const { plain, part } = await world();
    for (const header of ['Destination', 'X-Copy-From', 'X-Symlink-Target', 'X-Object-Manifest']) {
      const method = header === 'Destination' ? 'COPY' : 'PUT';
      for (const name of ['%ff', '\xff', '%ED%A0%80', 'a%00b', '%C0%AE']) {
        const { status } = await client.ask(method, part, { [header]: `${plain}/${name}` });
        expect([header, name, status]).toEqual([header, name, 400]);
      }
    }
    for (const header of [
      'Destination-Account',
      'X-Copy-From-Account',
      'X-Symlink-Target-Account',
    ]) {
      const { status } = await client.ask('PUT', part, { [header]: '%ff' });
      expect([header, status]).toEqual([header, 400]);
    }
    expect((await client.ask('GET', part)).body.toString()).toBe('part');
  });
}
