import {
  versionName,
  versionsContainerOf,
} from '../../../src/versioning/object_versioning/version_names';
import { toBytes } from '../../../src/http/bytes';
import { Client } from '../../support/clients/client';
import { mustBe, newContainer, pathOf, put } from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { temporary } from '../../support/clients/temp_urls';
import { newContainerWithIds, versionsIn } from '../../support/clients/with_ids';

const OBJECT = 'object';

describeWithSwift('a link that a client has made at the store', ({ plain }) => {
  const proxy = suiteProxy(plain, { filter: 'allow_object_versioning = true' });
  let owner: Client;
  let guest: Client;
  /** The old version, which only the owner may read. */
  let place: { readonly container: string; readonly path: string };

  beforeAll(async () => {
    [owner, guest] = [await proxy.login('tester'), await proxy.login('tester2')];
    const container = await newContainerWithIds(owner);
    await put(owner, container, OBJECT, 'secret');
    await put(owner, container, OBJECT, 'current');
    const old = (await versionsIn(owner, container)).at(-1)!;
    const versions = versionsContainerOf(container);
    place = { container, path: pathOf(versions, toBytes(versionName(OBJECT, old.version_id))) };
    await mustBe(200, (await login(plain, 'tester')).ask('GET', place.path));
  });

  /** Creates an object of the guest's that links to the owner's version. */
  async function link(container: string): Promise<string> {
    const direct = await login(plain, 'tester2');
    const path = pathOf(container, OBJECT);
    const headers = {
      'X-Symlink-Target': place.path.slice(1),
      'X-Symlink-Target-Account': 'AUTH_test',
    };
    await mustBe(201, direct.ask('PUT', path, headers));
    return path;
  }

  it.each([
    ['a container without versions', () => newContainer(guest)],
    ['a container with versions', () => newContainerWithIds(guest)],
  ])('in %s reads nobody’s versions', async (_, make) => {
    const path = await link(await make());
    for (const query of ['', '?version-id=null', '?multipart-manifest=get']) {
      const { status, body } = await guest.ask('GET', `${path}${query}`);
      expect([query, status < 300, body.toString()]).toEqual([
        query,
        false,
        expect.not.stringMatching('secret'),
      ]);
    }
    const copied = await guest.ask('COPY', path, {
      Destination: `${await newContainer(guest)}/copy`,
    });
    expect(copied.status).toBeGreaterThanOrEqual(400);
  });

  it('reads none by a temporary URL either', async () => {
    const container = await newContainer(guest, 'signed', {
      'X-Container-Meta-Temp-URL-Key': 'key',
    });
    const path = await link(container);
    const query = temporary('GET', `${guest.account}/${container}/${OBJECT}`, { key: 'key' });
    const anonymous = new Client(proxy.url, guest.credentials.only(), guest.account);
    const { status, body } = await anonymous.ask('GET', `${path}?${query}`);
    expect([status < 300, body.toString()]).toEqual([false, expect.not.stringMatching('secret')]);
  });

  it('changes nobody’s versions', async () => {
    for (const container of [await newContainerWithIds(guest), await newContainer(guest)]) {
      const path = await link(container);
      await guest.ask('POST', path, {
        'X-Object-Meta-Changed': 'yes',
        'Content-Type': 'text/changed',
      });
      const now = await (await login(plain, 'tester')).ask('HEAD', place.path);
      expect([now.status, now.headers.has('x-object-meta-changed')]).toEqual([200, false]);
      expect(now.headers.get('content-type')).not.toBe('text/changed');
    }
  });
});
