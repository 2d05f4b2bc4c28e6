import { Headers } from '../../../src/http/headers';
import { Client } from '../../support/clients/client';
import { mustBe, newContainer, uniqueName } from '../../support/clients/containers';
import { readImage, writeImage } from '../../support/clients/docker/image';
import { CHUNK, DockerRegistry } from '../../support/clients/docker/registry';
import { suiteWorkplace } from '../../support/clients/s3/debian';
import { versionsIn } from '../../support/clients/with_ids';
import { aptInstall, describeNeeding } from '../../support/running/needs';
import { suiteEmbedded } from '../../support/servers/embedded';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';

const [USER, KEY] = ['test:tester', 'testing'] as const;
/** The layers of an image: one object, and large objects of several segments. */
const LAYERS = [1000, 2.5 * CHUNK, 4 * CHUNK + 1];
const SECRET = 'the key of the registry';

const REGISTRY = {
  name: 'docker-registry',
  file: '/usr/bin/docker-registry',
  install: aptInstall('docker-registry'),
};
const SKOPEO = { name: 'skopeo', file: '/usr/bin/skopeo', install: aptInstall('skopeo') };

/** A store, and a way to log in to it. */
interface Store {
  readonly url: string;
  owner(): Promise<Client>;
}

describeNeeding(REGISTRY, 'docker-registry', () =>
  describeNeeding(SKOPEO, 'with skopeo', () => {
    describeWithSwift('over a Swift', ({ plain }) => {
      const proxy = suiteProxy(plain, {
        filters: 'bulk',
        filter: 'allow_object_versioning = true',
      });
      tests({
        get url() {
          return proxy.url;
        },
        owner: () => proxy.login('tester'),
      });
    });

    describe('over the embedded store', () => {
      const server = suiteEmbedded();
      tests({
        get url() {
          return server.url;
        },
        owner: () => server.login(USER, KEY),
      });
    });
  }),
);

function tests(store: Store): void {
  const place = suiteWorkplace();

  const skopeo = (...args: string[]) =>
    place.output('/usr/bin/skopeo', ['--insecure-policy', ...args]);

  /** Runs with a registry that keeps its images in a container with ids. */
  async function withRegistry(
    work: (registry: DockerRegistry, owner: Client, container: string) => Promise<void>,
  ): Promise<void> {
    const owner = await store.owner();
    const container = await newContainer(owner, 'registry', { 'X-Versions-Enabled': 'true' });
    const { url } = store;
    const registry = await DockerRegistry.start({
      url,
      user: USER,
      key: KEY,
      container,
      secret: SECRET,
    });
    try {
      await work(registry, owner, container);
    } finally {
      await registry.stop();
    }
  }

  const push = (registry: DockerRegistry, folder: string, image: string) =>
    skopeo(
      'copy',
      '--dest-tls-verify=false',
      `oci:${folder}`,
      `docker://${registry.address}/${image}`,
    );

  async function pull(registry: DockerRegistry, image: string): Promise<string> {
    const folder = place.path(uniqueName('pulled'));
    const from = `docker://${registry.address}/${image}`;
    await skopeo('copy', '--src-tls-verify=false', from, `oci:${folder}:latest`);
    return folder;
  }

  it('an image is pushed, pulled by temporary URLs, and pushed anew', async () => {
    await withRegistry(async (registry, owner, container) => {
      for (const round of ['first', 'second']) {
        const folder = place.path(uniqueName('image'));
        const layers = await writeImage(folder, LAYERS);
        await push(registry, folder, 'team/image:tag');
        expect(readImage(await pull(registry, 'team/image:tag'))).toEqual(readImage(folder));
        const blob = `http://${registry.address}/v2/team/image/blobs/${layers.at(-1)}`;
        const redirect = await fetch(blob, { redirect: 'manual' });
        const location = redirect.headers.get('location') ?? '';
        expect([round, redirect.status, location]).toEqual([
          round,
          307,
          expect.stringContaining('temp_url_sig='),
        ]);
        const { pathname, search } = new URL(location);
        const anonymous = new Client(store.url, Headers.none);
        const range = { Range: `bytes=${CHUNK - 2}-${CHUNK + 1}` };
        const part = await mustBe(206, anonymous.send('GET', pathname + search, range));
        expect(part.body).toHaveLength(4);
      }
      const versions = await versionsIn(owner, container);
      const links = versions.filter(({ name }) => name.endsWith('/tags/tag/current/link'));
      expect(links.length).toBeGreaterThanOrEqual(2);
    });
  });

  it('layers are deleted, and their old versions are not pulled', async () => {
    await withRegistry(async (registry, owner, container) => {
      const folder = place.path(uniqueName('image'));
      const [layer = ''] = (await writeImage(folder, LAYERS)).slice(-1);
      await push(registry, folder, 'image:tag');
      const blob = `http://${registry.address}/v2/image/blobs/${layer}`;
      const { headers } = await fetch(blob, { redirect: 'manual' });
      const { pathname, search } = new URL(headers.get('location') ?? '');
      await mustBe(204, owner.send('DELETE', pathname));
      const anonymous = new Client(store.url, Headers.none);
      expect((await anonymous.send('GET', pathname + search)).status).toBe(404);
      const data = (await versionsIn(owner, container)).filter(({ name }) =>
        pathname.endsWith(encodeURI(name)),
      );
      expect(data.length).toBeGreaterThanOrEqual(2);
      const [{ version_id: old } = { version_id: '' }] = data.slice(-1);
      const path = `${pathname}${search}&version-id=${old}`;
      expect((await anonymous.send('GET', path)).status).toBe(404);
    });
  });
}
