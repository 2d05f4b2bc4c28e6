import { Client } from '../../support/clients/client';
import { corsOf, PAGE, preflight, presignedUrl, SAMPLE_RULES } from '../../support/clients/cors';
import { formBody, FORM_TYPE, LIMITS, signForm } from '../../support/clients/forms';
import { formFor } from '../../support/clients/s3/form';
import { temporary } from '../../support/clients/temp_urls';
import { APIS, corsBucket, type Api } from '../../support/servers/cors_bucket';
import { describeOurs } from '../../support/servers/s3_endpoint';
import { Headers } from '../../../src/http/headers';

const OF_PREFLIGHT = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

describeOurs('requests of web pages', (store) => {
  const world = corsBucket(store);

  describe('preflights', () => {
    /** Signed URLs of each API for the same object, and the Host for each. */
    const URLS: Record<Api, () => Promise<[target: string, host?: string]>> = {
      S3: async () => [await presignedUrl(store.endpoint, 'PUT', `/${world.name}/k`)],
      COS: () =>
        Promise.resolve([
          '/k?q-sign-algorithm=sha1&q-ak=test%3Atester&q-sign-time=1;2&q-key-time=1;2&q-header-list=host&q-url-param-list=&q-signature=0',
          `${world.name}.cos.ap-chengdu.myqcloud.com`,
        ]),
      QingStor: () =>
        Promise.resolve([`/${world.name}/k?access_key_id=test%3Atester&expires=1&signature=x`]),
    };
    const ask = async (api: Api, what: Parameters<typeof preflight>[2] = {}) => {
      const [target, host] = await URLS[api]();
      return preflight(store.endpoint.url, target, { ...what, ...(host ? { host } : {}) });
    };

    it.each(APIS)('of a signed URL of %s need no signature', async (api) => {
      await world.putRules(SAMPLE_RULES);
      const answer = await ask(api, { headers: 'X-Amz-Meta-A, content-type' });
      expect([answer.status, answer.body.length, corsOf(answer)]).toEqual([
        200,
        0,
        {
          'allow-origin': PAGE,
          'allow-methods': 'PUT, POST',
          'allow-headers': 'x-amz-meta-a, content-type',
          'max-age': '600',
          'expose-headers': 'ETag, x-amz-version-id',
          ...(api === 'S3' ? { 'allow-credentials': 'true' } : {}),
          vary: OF_PREFLIGHT,
        },
      ]);
      const any = await ask(api, { method: 'GET', origin: 'http://other.test' });
      expect(corsOf(any)).toEqual({
        'allow-origin': '*',
        'allow-methods': 'GET',
        vary: OF_PREFLIGHT,
      });
    });

    it.each(APIS)('of %s are refused alike, whether or not there is a bucket', async (api) => {
      await world.putRules(SAMPLE_RULES);
      const refusals = [
        await ask(api, { origin: 'http://other.test' }),
        await ask(api, { method: 'DELETE' }),
        await ask(api, { headers: 'authorization' }),
      ];
      await world.swift.ask('POST', `/${world.name}`, {
        'X-Remove-Container-Meta-Access-Control-Allow-Origin': 'x',
      });
      refusals.push(await ask(api));
      await world.swift.ask('DELETE', `/${world.name}`);
      refusals.push(await ask(api));
      const seen = refusals.map(({ status, headers, body }) => [
        status,
        [...headers.byName().keys()].sort(),
        headers.get('vary'),
        body
          .toString()
          .replaceAll(/tx[0-9a-f-]+/g, 'tx')
          .replace('DELETE', 'PUT'),
      ]);
      for (const each of seen) expect(each).toEqual(seen[0]);
      expect(seen[0]).toEqual([
        403,
        expect.not.arrayContaining(['access-control-allow-origin']),
        OF_PREFLIGHT,
        expect.stringContaining(api === 'QingStor' ? 'permission_denied' : '>AccessForbidden<'),
      ]);
    });

    it('by a key that nobody has, or by two, are refused in the same way', async () => {
      await world.putRules(SAMPLE_RULES);
      const url = await presignedUrl(store.endpoint, 'PUT', `/${world.name}/k`);
      const [path = ''] = url.split('?');
      for (const target of [
        url.replace('test%3Atester', 'test%3Anobody'),
        `${url}&AWSAccessKeyId=test%3Atester`,
        `${url}&X-Amz-Credential=test2%3Atester2%2F20260101%2Fus-east-1%2Fs3%2Faws4_request`,
        `${path}?X-Amz-Signature=x`,
        // of another account, which has no such bucket
        url.replace('test%3Atester', 'test2%3Atester2'),
      ]) {
        const answer = await preflight(store.endpoint.url, target);
        expect([answer.status, answer.body.toString()]).toEqual([
          403,
          expect.stringContaining('AccessForbidden'),
        ]);
      }
      expect((await preflight(store.endpoint.url, url)).status).toBe(200);
    });

    it('without an origin or a method say what is missing', async () => {
      const url = await presignedUrl(store.endpoint, 'PUT', `/${world.name}/k`);
      const client = new Client(store.endpoint.url, Headers.none);
      for (const headers of [{}, { Origin: PAGE }] as Record<string, string>[]) {
        const answer = await client.send('OPTIONS', url, headers);
        expect([answer.status, answer.body.toString()]).toEqual([
          400,
          expect.stringMatching(/Insufficient information|Access-Control-Request-Method: null/),
        ]);
      }
    });

    it("by rules that a Swift client set are granted in S3's API", async () => {
      await world.swift.ask('POST', `/${world.name}`, {
        'X-Container-Meta-Access-Control-Allow-Origin': '*',
      });
      expect(corsOf(await ask('S3', { headers: 'anything' }))).toMatchObject({
        'allow-origin': '*',
        'allow-headers': 'anything',
      });
    });

    it("by rules of S3 are granted in Swift's API", async () => {
      await world.putRules(SAMPLE_RULES);
      const path = `${world.swift.account}/${world.name}/k`;
      const granted = await preflight(store.endpoint.url, path, { headers: 'content-type' });
      expect([granted.status, corsOf(granted)]).toEqual([
        200,
        {
          'allow-origin': PAGE,
          'allow-methods': 'PUT, POST, COPY',
          'allow-headers': 'content-type',
          'max-age': '600',
          'expose-headers': 'ETag, x-amz-version-id',
          vary: OF_PREFLIGHT,
        },
      ]);
      for (const what of [
        { origin: 'http://other.test' },
        { headers: 'x-auth-token' },
        { method: 'DELETE' },
      ]) {
        const refused = await preflight(store.endpoint.url, path, what);
        expect([refused.status, corsOf(refused)]).toEqual([401, {}]);
      }
    });
  });

  describe('responses', () => {
    const seen = { 'allow-origin': PAGE, 'expose-headers': 'ETag, x-amz-version-id' };

    it('of S3 are readable as the rule says, errors too', async () => {
      await world.putRules(SAMPLE_RULES);
      const url = await presignedUrl(store.endpoint, 'PUT', `/${world.name}/k`);
      const client = new Client(store.endpoint.url, Headers.none);
      const put = await client.send('PUT', url, { Origin: PAGE }, 'x');
      const expected = { ...seen, 'allow-credentials': 'true', vary: 'Origin' };
      expect([put.status, corsOf(put)]).toEqual([200, expected]);
      const forged = await client.send('PUT', url.replace(/.$/, 'z'), { Origin: PAGE }, 'x');
      expect([forged.status, corsOf(forged)]).toEqual([expect.any(Number), expected]);
      expect(forged.status).toBeGreaterThanOrEqual(400);
      const missing = await presignedUrl(store.endpoint, 'GET', `/${world.name}/missing`);
      const notFound = await client.send('GET', missing, { Origin: 'http://other.test' });
      expect([notFound.status, corsOf(notFound)]).toEqual([
        404,
        { 'allow-origin': '*', vary: 'Origin' },
      ]);
      const own = await client.send('PUT', url, {}, 'x');
      expect([own.status, corsOf(own)]).toEqual([200, {}]);
      const other = await client.send('PUT', url, { Origin: 'http://other.test' }, 'x');
      expect([other.status, corsOf(other)]).toEqual([200, { vary: 'Origin' }]);
    });

    it.each(['COS', 'QingStor'] as const)('of %s, too', async (api) => {
      await world.putRules(SAMPLE_RULES);
      const put = await world.send(api, {
        method: 'PUT',
        key: 'k',
        headers: { origin: PAGE },
        body: 'x',
      });
      expect([put.status, corsOf(put)]).toEqual([expect.any(Number), { ...seen, vary: 'Origin' }]);
      const get = await world.send(api, {
        method: 'GET',
        key: 'none',
        headers: { origin: 'http://o' },
      });
      expect([get.status, corsOf(get)]).toEqual([404, { 'allow-origin': '*', vary: 'Origin' }]);
      const own = await world.send(api, { method: 'GET', key: 'k' });
      expect([own.status, corsOf(own)]).toEqual([200, { vary: 'Origin' }]);
    });

    it('to the form of a page name the rule of the bucket that it was signed for', async () => {
      await world.putRules(SAMPLE_RULES);
      const form = formFor(store.endpoint, world.name, { key: 'f' }, 10);
      form.append('file', new Blob(['form']), 'f');
      const { status, headers } = await fetch(`${store.endpoint.url}/${world.name}`, {
        method: 'POST',
        body: form,
        headers: { Origin: PAGE },
      });
      expect([status, headers.get('access-control-allow-origin')]).toEqual([204, PAGE]);
    });

    it('to the request that removes the rules are still readable', async () => {
      const rule = SAMPLE_RULES.replace('<AllowedMethod>PUT<', '<AllowedMethod>DELETE<');
      await world.putRules(rule);
      const request = { method: 'DELETE', headers: { origin: PAGE } };
      const removed = await world.send('S3', { ...request, query: { cors: '' } });
      expect([removed.status, corsOf(removed)['allow-origin']]).toEqual([204, PAGE]);
      const bucketRemoved = await world.send('S3', request);
      expect([bucketRemoved.status, corsOf(bucketRemoved)['allow-origin']]).toEqual([
        204,
        undefined,
      ]);
    });

    it("of Swift's API are readable as the rule says, also of temporary URLs and forms", async () => {
      await world.putRules(
        SAMPLE_RULES.replace(
          '<AllowedMethod>PUT<',
          '<AllowedMethod>PUT</AllowedMethod><AllowedMethod>HEAD<',
        ),
      );
      const swiftSeen = { ...seen, vary: 'Origin' };
      const page = { Origin: PAGE };
      const put = await world.swift.ask('PUT', `/${world.name}/k`, page, 'x');
      expect([put.status, corsOf(put)]).toEqual([201, swiftSeen]);
      const missing = await world.swift.ask('GET', `/${world.name}/none`, {
        Origin: 'http://o.test',
      });
      expect([missing.status, corsOf(missing)]).toEqual([404, { 'allow-origin': '*' }]);
      const refused = await world.swift.ask('DELETE', `/${world.name}/k`, page);
      expect([refused.status, corsOf(refused)]).toEqual([204, {}]);

      await world.swift.ask('POST', `/${world.name}`, { 'X-Container-Meta-Temp-Url-Key': 'key' });
      const path = `${world.swift.account}/${world.name}/t`;
      const anybody = new Client(store.endpoint.url, Headers.none);
      const url = `${path}?${temporary('PUT', path, { key: 'key' })}`;
      const temp = await anybody.send('PUT', url, page, 'x');
      expect([temp.status, corsOf(temp)]).toEqual([201, swiftSeen]);
      const forged = await anybody.send('PUT', `${url}0`, page, 'x');
      expect([forged.status, corsOf(forged)]).toEqual([401, swiftSeen]);

      const folder = `${world.swift.account}/${world.name}/`;
      const body = formBody(signForm(folder, LIMITS, 'key'), [['file', 'form']]);
      const form = await anybody.send('POST', folder, { ...FORM_TYPE, ...page }, body);
      expect([form.status, corsOf(form)['allow-origin']]).toEqual([201, PAGE]);
    });

    it("by Swift's own headers are the store's", async () => {
      const rule = { 'X-Container-Meta-Access-Control-Allow-Origin': PAGE };
      await world.swift.ask('POST', `/${world.name}`, rule);
      const put = await world.swift.ask('PUT', `/${world.name}/k`, { Origin: PAGE }, 'x');
      expect(corsOf(put)).toMatchObject({ 'allow-origin': PAGE, vary: 'Origin' });
      expect(corsOf(put)['expose-headers']).toContain('x-trans-id');
      const target = `${world.swift.account}/${world.name}/k`;
      const granted = await preflight(store.endpoint.url, target, { headers: 'x-a' });
      expect([granted.status, corsOf(granted)]).toMatchObject([200, { 'allow-headers': 'x-a' }]);
    });
  });
});
