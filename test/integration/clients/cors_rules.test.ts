import {
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  PutBucketCorsCommand,
} from '@aws-sdk/client-s3';
import { corsXml, PAGE, SAMPLE_RULES } from '../../support/clients/cors';
import { corsBucket } from '../../support/servers/cors_bucket';
import { bucketName } from '../../support/clients/s3/sdk';
import { SignedClient } from '../../support/clients/s3/signed';
import { describeOurs } from '../../support/servers/s3_endpoint';

describeOurs('the CORS rules of a bucket', (store) => {
  const world = corsBucket(store);
  const shownToSwift = async () => {
    const { headers } = await world.swift.ask('HEAD', `/${world.name}`);
    const shown = [...headers.byName()].filter(([name]) => name.startsWith('x-container-meta-'));
    return Object.fromEntries(shown);
  };
  it('are put, read and deleted with the SDK of AWS', async () => {
    const failure = await world.s3
      .send(new GetBucketCorsCommand({ Bucket: world.name }))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'NoSuchCORSConfiguration',
      $metadata: { httpStatusCode: 404 },
    });
    const rule = {
      ID: 'rule é',
      AllowedOrigins: ['http://*.test'],
      AllowedMethods: ['PUT', 'GET'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 3000,
    };
    const rules = [rule, { AllowedOrigins: ['*'], AllowedMethods: ['HEAD'] }];
    const CORSConfiguration = { CORSRules: rules };
    await world.s3.send(new PutBucketCorsCommand({ Bucket: world.name, CORSConfiguration }));
    const { CORSRules } = await world.s3.send(new GetBucketCorsCommand({ Bucket: world.name }));
    expect(CORSRules).toEqual(rules);
    await world.s3.send(new DeleteBucketCorsCommand({ Bucket: world.name }));
    expect((await world.send('S3', { method: 'GET', query: { cors: '' } })).status).toBe(404);
    expect((await world.send('S3', { method: 'DELETE', query: { cors: '' } })).status).toBe(204);
  });

  it('are put, read and deleted with the SDK of COS, and S3 and QingStor see them', async () => {
    const rule = {
      AllowedOrigin: [PAGE, 'https://*.page.test'],
      AllowedMethod: ['PUT'],
      AllowedHeader: ['*'],
      ExposeHeader: ['ETag'],
      MaxAgeSeconds: '600',
    };
    await world.cos.putBucketCors({
      ...world.at,
      CORSRules: [rule],
      ResponseVary: 'true',
    } as never);
    const { CORSRules, ...rest } = await world.cos.getBucketCors(world.at);
    expect(CORSRules).toMatchObject([{ AllowedOrigins: rule.AllowedOrigin, MaxAgeSeconds: '600' }]);
    expect(rest).toMatchObject({ ResponseVary: 'true' });
    const shown = await world.s3.send(new GetBucketCorsCommand({ Bucket: world.name }));
    expect(shown.CORSRules?.[0]?.AllowedOrigins).toEqual(rule.AllowedOrigin);
    const { body } = await world.send('QingStor', { method: 'GET', query: { cors: '' } });
    const one = (allowed_origin: string) => ({
      allowed_origin,
      allowed_methods: ['PUT'],
      allowed_headers: ['*'],
      expose_headers: ['ETag'],
      max_age_seconds: 600,
    });
    expect(JSON.parse(body.toString())).toEqual({
      cors_rules: [one(PAGE), one('https://*.page.test')],
      resp_vary: 'enabled',
    });
    await world.cos.deleteBucketCors(world.at);
    expect((await world.cos.getBucketCors(world.at)).CORSRules).toEqual([]);
  });

  it("are put in QingStor's JSON", async () => {
    const rule = {
      allowed_origin: 'http://*.qingcloud.com',
      allowed_methods: ['*'],
      allowed_headers: ['x-qs-date', 'Content-Type'],
      max_age_seconds: 200,
      expose_headers: ['x-qs-date'],
    };
    const body = JSON.stringify({ resp_vary: 'enable', cors_rules: [rule] });
    const none = await world.send('QingStor', { method: 'GET', query: { cors: '' } });
    expect([none.status, JSON.parse(none.body.toString())]).toEqual([200, { cors_rules: [] }]);
    const put = await world.send('QingStor', { method: 'PUT', query: { cors: '' }, body });
    expect(put.status).toBe(200);
    const { CORSRules } = await world.s3.send(new GetBucketCorsCommand({ Bucket: world.name }));
    expect(CORSRules).toMatchObject([
      { AllowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'], ExposeHeaders: ['x-qs-date'] },
    ]);
    const removed = await world.send('QingStor', { method: 'DELETE', query: { cors: '' } });
    expect(removed.status).toBe(204);
    expect((await world.cos.getBucketCors(world.at)).CORSRules).toEqual([]);
  });

  it('are shown in Swift if they mean the same there, and nowhere else', async () => {
    await world.putRules(SAMPLE_RULES);
    expect(await shownToSwift()).toEqual({});
    const swiftRule = {
      'X-Container-Meta-Access-Control-Allow-Origin': 'http://one.test http://two.test',
      'X-Container-Meta-Access-Control-Max-Age': '5',
      'X-Container-Meta-Access-Control-Expose-Headers': 'X-Object-Version-Id',
    };
    expect((await world.swift.ask('POST', `/${world.name}`, swiftRule)).status).toBe(204);
    const { CORSRules = [] } = await world.s3.send(
      new GetBucketCorsCommand({ Bucket: world.name }),
    );
    expect(CORSRules).toMatchObject([
      {
        AllowedOrigins: ['http://one.test', 'http://two.test'],
        AllowedHeaders: ['*'],
        MaxAgeSeconds: 5,
      },
    ]);
    expect(CORSRules[0]?.ExposeHeaders).toContain('x-object-version-id');
    // put back by S3, it is Swift's again
    await world.s3.send(new DeleteBucketCorsCommand({ Bucket: world.name }));
    expect(await shownToSwift()).toEqual({});
    await world.s3.send(
      new PutBucketCorsCommand({ Bucket: world.name, CORSConfiguration: { CORSRules } }),
    );
    expect(await shownToSwift()).toMatchObject({
      'x-container-meta-access-control-allow-origin': 'http://one.test http://two.test',
      'x-container-meta-access-control-max-age': '5',
      'x-container-meta-access-control-expose-headers': 'x-object-version-id',
    });
    await world.putRules(SAMPLE_RULES);
    expect(await shownToSwift()).toEqual({});
  });

  it('end if a Swift client removes its own', async () => {
    await world.putRules(SAMPLE_RULES);
    const removal = { 'X-Remove-Container-Meta-Access-Control-Allow-Origin': 'x' };
    expect((await world.swift.ask('POST', `/${world.name}`, removal)).status).toBe(204);
    expect((await world.send('S3', { method: 'GET', query: { cors: '' } })).status).toBe(404);
  });

  it('stay when a Swift client changes other metadata', async () => {
    await world.putRules(SAMPLE_RULES);
    await world.swift.ask('POST', `/${world.name}`, { 'X-Container-Meta-Colour': 'red' });
    await world.swift.ask('PUT', `/${world.name}`, { 'X-Container-Read': '.r:*' });
    expect(await world.rules()).toContain('<ID>uploads</ID>');
  });

  it.each<[string, string, number, string]>([
    ['no rule', corsXml(), 400, 'MalformedXML'],
    ['no origin', corsXml([['AllowedMethod', 'GET']]), 400, 'MalformedXML'],
    ['no method', corsXml([['AllowedOrigin', '*']]), 400, 'MalformedXML'],
    [
      'an unknown element',
      corsXml([
        ['AllowedOrigin', '*'],
        ['AllowedMethod', 'GET'],
        ['Allowed', 'x'],
      ]),
      400,
      'MalformedXML',
    ],
    [
      'a method of its own',
      corsXml([
        ['AllowedOrigin', '*'],
        ['AllowedMethod', 'PATCH'],
      ]),
      400,
      'InvalidRequest',
    ],
    [
      'two wildcards',
      corsXml([
        ['AllowedOrigin', 'http://*.*'],
        ['AllowedMethod', 'GET'],
      ]),
      400,
      'InvalidRequest',
    ],
    [
      'a wildcard of exposed headers',
      corsXml([
        ['AllowedOrigin', '*'],
        ['AllowedMethod', 'GET'],
        ['ExposeHeader', 'x-*'],
      ]),
      400,
      'InvalidRequest',
    ],
    [
      'a long ID',
      corsXml([
        ['ID', 'x'.repeat(256)],
        ['AllowedOrigin', '*'],
        ['AllowedMethod', 'GET'],
      ]),
      400,
      'InvalidArgument',
    ],
    [
      '101 rules',
      corsXml(
        ...Array.from({ length: 101 }, (): [string, string][] => [
          ['AllowedOrigin', '*'],
          ['AllowedMethod', 'GET'],
        ]),
      ),
      400,
      'MalformedXML',
    ],
  ])('with %s are refused, and nothing changes', async (_, document, status, code) => {
    await world.putRules(SAMPLE_RULES);
    for (const api of ['S3', 'COS'] as const) {
      const answer = await world.send(api, { method: 'PUT', query: { cors: '' }, body: document });
      expect([answer.status, /<Code>(\w+)/.exec(answer.body.toString())?.[1]]).toEqual([
        status,
        code,
      ]);
    }
    expect(await world.rules()).toContain('<ID>uploads</ID>');
  });

  it.each<[string, unknown, string]>([
    ['no rules', { cors_rules: [] }, 'invalid_json'],
    ['two origins', { cors_rules: [{ allowed_origin: ['a', 'b'] }] }, 'invalid_request'],
    [
      'an unknown field',
      { cors_rules: [{ allowed_origin: '*', allowed_methods: ['GET'], more: 1 }] },
      'invalid_request',
    ],
    [
      'two wildcards',
      { cors_rules: [{ allowed_origin: '**', allowed_methods: ['GET'] }] },
      'invalid_request',
    ],
  ])('of QingStor with %s are refused', async (_, document, code) => {
    const body = JSON.stringify(document);
    const answer = await world.send('QingStor', { method: 'PUT', query: { cors: '' }, body });
    expect([answer.status, JSON.parse(answer.body.toString())]).toMatchObject([400, { code }]);
  });

  it('that do not fit into the metadata of a container are refused', async () => {
    const rules = Array.from({ length: 100 }, (_, i): [string, string][] => [
      ...Array.from({ length: 5 }, (_n, j): [string, string] => [
        'AllowedOrigin',
        `https://${Buffer.from(String(Math.sin(i * 5 + j))).toString('hex')}.test`,
      ]),
      ['AllowedMethod', 'GET'],
    ]);
    const body = corsXml(...rules);
    const answer = await world.send('S3', { method: 'PUT', query: { cors: '' }, body });
    expect([answer.status, answer.body.toString()]).toEqual([
      400,
      expect.stringContaining('<Code>MetadataTooLarge</Code>'),
    ]);
  });

  it('are for owners: others neither set nor remove them', async () => {
    await world.putRules(SAMPLE_RULES);
    await world.swift.ask('POST', `/${world.name}`, {
      'X-Container-Read': 'test:tester3',
      'X-Container-Write': 'test:tester3',
    });
    const other = new SignedClient({
      ...store.endpoint,
      accessKey: 'test:tester3',
      secretKey: 'testing3',
    });
    for (const request of [
      {
        method: 'PUT',
        body: corsXml([['AllowedOrigin', '*']]).replace(
          '</C',
          '<AllowedMethod>GET</AllowedMethod></C',
        ),
      },
      { method: 'DELETE' },
    ]) {
      const answer = await other.send({ ...request, bucket: world.name, query: { cors: '' } });
      expect([request.method, answer.status]).toEqual([request.method, 403]);
    }
    expect(await world.rules()).toContain('<ID>uploads</ID>');
  });

  it('of a bucket that does not exist are not there either', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await new SignedClient(store.endpoint).send({
        method,
        bucket: bucketName(),
        query: { cors: '' },
        ...(method === 'PUT' ? { body: SAMPLE_RULES } : {}),
      });
      expect([method, answer.status]).toEqual([method, 404]);
    }
  });
});
