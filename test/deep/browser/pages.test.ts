import { computeQsSignature } from '../../../middleware/qsapi/signature';
import { Headers } from '../../../src/http/headers';
import {
  describeWithBrowser,
  fetchIn,
  suiteBrowser,
  type Seen,
} from '../../support/clients/browser';
import { corsXml, presignedUrl } from '../../support/clients/cors';
import { cosSigned } from '../../support/clients/cos/signed';
import { LIMITS, signForm } from '../../support/clients/forms';
import { formFor } from '../../support/clients/s3/form';
import { temporary } from '../../support/clients/temp_urls';
import { corsBucket } from '../../support/servers/cors_bucket';
import { describeOurs } from '../../support/servers/s3_endpoint';

/** The headers that scripts may read in these tests. */
const EXPOSED = [
  'ETag',
  'x-amz-version-id',
  'x-cos-version-id',
  'x-qs-version-id',
  'x-object-version-id',
];

describeWithBrowser('web pages', () => {
  const sites = suiteBrowser();

  describeOurs('in a browser', (store) => {
    const world = corsBucket(store);
    const path = (key: string) => `/${world.name}/${key}`;
    const urlOf = (target: string) => store.endpoint.url + target;
    const presigned = async (
      method: string,
      target: string,
      query?: Record<string, string>,
    ): Promise<string> => urlOf(await presignedUrl(store.endpoint, method, target, query));

    /** Opens a page whose origin may do everything that the rules mention. */
    async function openPage(...headers: string[]) {
      const site = await sites.open();
      await world.putRules(
        corsXml([
          ['AllowedOrigin', site.origin],
          ...['GET', 'PUT', 'POST'].map((method) => ['AllowedMethod', method] as const),
          ...headers.map((name) => ['AllowedHeader', name] as const),
          ...EXPOSED.map((name) => ['ExposeHeader', name] as const),
        ]),
      );
      await world.swift.ask('POST', `/${world.name}`, { 'X-Versions-Enabled': 'true' });
      return site;
    }

    const SIGNED: Record<string, () => Promise<string>> = {
      'x-amz-version-id': () => presigned('PUT', path('k')),
      'x-cos-version-id': () => {
        const { target } = cosSigned({
          method: 'PUT',
          target: path('k'),
          host: new URL(store.endpoint.url).host,
          accessKey: store.endpoint.accessKey,
          secretKey: store.endpoint.secretKey,
          at: Math.floor(Date.now() / 1000),
          isUrl: true,
        });
        return Promise.resolve(urlOf(target));
      },
      'x-qs-version-id': () => {
        const expires = String(Math.floor(Date.now() / 1000) + 300);
        const type = Headers.of({ 'Content-Type': 'text/plain' });
        const request = { method: 'PUT', path: path('k'), query: '', headers: type };
        const query = new URLSearchParams({
          access_key_id: store.endpoint.accessKey,
          expires,
          signature: computeQsSignature(request, store.endpoint.secretKey, expires),
        });
        return Promise.resolve(urlOf(`${path('k')}?${query.toString()}`));
      },
      'x-object-version-id': async () => {
        await world.swift.ask('POST', `/${world.name}`, { 'X-Container-Meta-Temp-Url-Key': 'key' });
        const target = `${world.swift.account}${path('k')}`;
        return urlOf(`${target}?${temporary('PUT', target, { key: 'key' })}`);
      },
    };

    it.each(Object.entries(SIGNED))(
      'upload by a signed URL, and read the ETag and %s',
      async (idHeader, signed) => {
        const site = await openPage('content-type');
        const sent = {
          url: await signed(),
          method: 'PUT',
          headers: { 'Content-Type': 'text/plain' },
          body: 'uploaded',
        };
        const seen = await fetchIn(site, sent);
        expect([200, 201]).toContain(seen?.status);
        expect(seen?.headers['etag']).toMatch(/[0-9a-f]{32}/);
        const id = seen?.headers[idHeader] ?? '';
        expect(id).not.toBe('');
        // not exposed
        expect(seen?.headers['x-trans-id']).toBeUndefined();
        const { body } = await world.swift.ask('GET', path('k'));
        expect(body.toString()).toBe('uploaded');
        const stranger = await sites.open();
        expect(await fetchIn(stranger, sent)).toBeUndefined();
      },
    );

    it('do not upload with a header that no rule allows', async () => {
      const site = await openPage('x-amz-meta-*');
      const url = await presigned('PUT', path('k'));
      const sent = { url, method: 'PUT', body: 'x' };
      const headers = { 'Content-Type': 'application/json' };
      expect(await fetchIn(site, { ...sent, headers })).toBeUndefined();
      expect((await world.swift.ask('HEAD', path('k'))).status).toBe(404);
    });

    it('upload by a form, read its ETag and version id, and list the versions', async () => {
      const site = await openPage();
      const form = formFor(store.endpoint, world.name, { key: 'f' }, 100);
      const fields = [...form].flatMap(([name, value]): [string, string][] =>
        typeof value === 'string' ? [[name, value]] : [],
      );
      const url = urlOf(`/${world.name}`);
      const uploads: (Seen | undefined)[] = [];
      for (const body of ['first', 'second'])
        uploads.push(await fetchIn(site, { url, method: 'POST', fields, body }));
      expect(uploads.map((seen) => seen?.status)).toEqual([204, 204]);
      const ids = uploads.map((seen) => seen?.headers['x-amz-version-id'] ?? '');
      expect(new Set(ids).size).toBe(2);
      expect(uploads[0]?.headers['etag']).toMatch(/[0-9a-f]{32}/);
      const listed = await fetchIn(site, {
        url: await presigned('GET', `/${world.name}`, { versions: '' }),
        method: 'GET',
      });
      const shown = [...(listed?.text ?? '').matchAll(/<VersionId>([^<]+)/g)].map(([, id]) => id);
      expect(shown).toEqual(ids.toReversed());
      const old = await fetchIn(site, {
        url: await presigned('GET', path('f'), { versionId: ids[0] ?? '' }),
        method: 'GET',
      });
      expect(old?.text).toBe('first');
    });

    it("upload by a form of Swift's, and read what became of it", async () => {
      const site = await openPage();
      await world.swift.ask('POST', `/${world.name}`, { 'X-Container-Meta-Temp-Url-Key': 'key' });
      const folder = `${world.swift.account}/${world.name}/`;
      const fields = Object.entries(signForm(folder, LIMITS, 'key')).map(
        ([name, value]): [string, string] => [name, value],
      );
      const seen = await fetchIn(site, {
        url: urlOf(folder),
        method: 'POST',
        fields,
        body: 'form',
      });
      expect([seen?.status, seen?.text]).toEqual([201, expect.stringContaining('201 Created')]);
      const { body } = await world.swift.ask('GET', path('file.txt'));
      expect(body.toString()).toBe('form');
    });

    it('read why a request failed', async () => {
      const site = await openPage();
      const missing = await fetchIn(site, {
        url: await presigned('GET', path('none')),
        method: 'GET',
      });
      expect([missing?.status, missing?.text]).toEqual([404, expect.stringContaining('NoSuchKey')]);
      const forged = (await presigned('GET', path('none'))).replace(/.$/, (last) =>
        last === '0' ? '1' : '0',
      );
      const refused = await fetchIn(site, { url: forged, method: 'GET' });
      expect([refused?.status, refused?.text]).toEqual([
        403,
        expect.stringContaining('SignatureDoesNotMatch'),
      ]);
    });

    it("are allowed by Swift's headers, too", async () => {
      const site = await openPage();
      await world.swift.ask('POST', `/${world.name}`, {
        'X-Container-Meta-Access-Control-Allow-Origin': site.origin,
        'X-Container-Meta-Access-Control-Expose-Headers': 'x-amz-version-id',
      });
      const url = await presigned('PUT', path('k'));
      const headers = { 'X-Anything': 'b', 'Content-Type': 'text/plain' };
      const seen = await fetchIn(site, { url, method: 'PUT', headers, body: 'x' });
      expect([seen?.status, seen?.headers['x-amz-version-id']]).toEqual([200, expect.anything()]);
      const target = urlOf(`${world.swift.account}${path('k')}`);
      const token = { 'X-Auth-Token': world.swift.credentials.get('x-auth-token') ?? '' };
      const read = await fetchIn(site, { url: target, method: 'GET', headers: token });
      expect([read?.status, read?.text]).toEqual([200, 'x']);
    });
  });
});
