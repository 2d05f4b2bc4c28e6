import { archiveOf } from '../../support/clients/archives';
import type { Answer, Client } from '../../support/clients/client';
import { newContainer, put } from '../../support/clients/containers';
import { suiteEmbedded } from '../../support/servers/embedded';

const BYTES = 'X-Container-Meta-Quota-Bytes';
const COUNT = 'X-Container-Meta-Quota-Count';
const ACCOUNT = 'X-Account-Meta-Quota-Bytes';

const server = suiteEmbedded();
let client: Client;
beforeAll(async () => {
  client = await server.login('test:tester', 'testing');
});

const summary = ({ status, body }: Answer) => [status, body.toString()];
const EXCEEDED = [413, 'Upload exceeds quota.'];

it('are told of in /info', async () => {
  const { body } = await client.send('GET', '/info');
  expect(JSON.parse(body.toString())).toMatchObject({ container_quotas: {}, account_quotas: {} });
});

describe('the quotas of a container', () => {
  it('bound its bytes and its objects, however these come', async () => {
    const [full, counted] = await Promise.all([
      newContainer(client, 'bytes', { [BYTES]: '10' }),
      newContainer(client, 'count', { [COUNT]: '1' }),
    ]);
    const source = await newContainer(client);
    await put(client, source, 'o', 'x'.repeat(11));
    expect(summary(await client.ask('PUT', `/${full}/o`, {}, 'x'.repeat(11)))).toEqual(EXCEEDED);
    const copies = [
      client.ask('COPY', `/${source}/o`, { Destination: `${full}/o` }),
      client.ask('PUT', `/${full}/o`, { 'X-Copy-From': `${source}/o` }),
    ];
    for (const copy of copies) expect(summary(await copy)).toEqual(EXCEEDED);
    const archive = await archiveOf([{ name: 'o', body: 'x'.repeat(11) }]);
    const extracted = await client.ask('PUT', `/${full}?extract-archive=tar`, {}, archive);
    expect(extracted.body.toString()).toContain('413 Request Entity Too Large');
    expect((await client.ask('PUT', `/${full}/o`, {}, 'x'.repeat(10))).status).toBe(201);
    await put(client, counted, 'o', 'x');
    expect(summary(await client.ask('PUT', `/${counted}/p`, {}, ''))).toEqual(EXCEEDED);
    expect((await client.ask('DELETE', `/${counted}/o`)).status).toBe(204);
  });

  it('must be numbers, and tell nothing to who may not write', async () => {
    const container = await newContainer(client, 'bytes', { [BYTES]: '0' });
    expect(summary(await client.ask('POST', `/${container}`, { [BYTES]: 'x' }))).toEqual([
      400,
      'Invalid bytes quota.',
    ]);
    expect(summary(await client.ask('POST', `/${container}`, { [COUNT]: '-1' }))).toEqual([
      400,
      'Invalid count quota.',
    ]);
    const stranger = await server.login('test:tester3', 'testing3');
    expect((await stranger.ask('PUT', `/${container}/o`, {}, 'x')).status).toBe(403);
    expect((await server.anonymous().ask('PUT', `/${container}/o`, {}, 'x')).status).toBe(401);
    expect((await client.ask('POST', `/${container}`, { [BYTES]: '' })).status).toBe(204);
    expect((await client.ask('PUT', `/${container}/o`, {}, 'x')).status).toBe(201);
  });
});

describe('the quota of an account', () => {
  it('is set by resellers only, and bounds everybody else', async () => {
    const owner = await server.login('test2:tester2', 'testing2');
    const reseller = await server.login('admin:admin', 'secret', 'AUTH_test2');
    const [one, two] = [await newContainer(owner), await newContainer(owner)];
    expect((await owner.ask('POST', '', { [ACCOUNT]: '10' })).status).toBe(403);
    expect((await reseller.ask('POST', '', { [ACCOUNT]: 'x' })).status).toBe(400);
    expect((await reseller.ask('POST', '', { [ACCOUNT]: '10' })).status).toBe(204);
    expect((await owner.ask('POST', '', { 'X-Remove-Account-Meta-Quota-Bytes': 'x' })).status).toBe(
      403,
    );
    await put(owner, one, 'o', 'x'.repeat(6));
    expect(summary(await owner.ask('PUT', `/${two}/o`, {}, 'x'.repeat(5)))).toEqual(EXCEEDED);
    expect(summary(await owner.ask('COPY', `/${one}/o`, { Destination: `${two}/o` }))).toEqual(
      EXCEEDED,
    );
    const stranger = await server.login('test:tester', 'testing', 'AUTH_test2');
    expect((await stranger.ask('PUT', `/${two}/o`, {}, 'x'.repeat(5))).status).toBe(403);
    expect((await owner.ask('PUT', `/${two}`)).status).toBe(202);
    expect((await reseller.ask('PUT', `/${two}/o`, {}, 'x'.repeat(50))).status).toBe(201);
    expect((await owner.ask('DELETE', `/${two}/o`)).status).toBe(204);
    expect((await owner.ask('PUT', `/${two}/o`, {}, 'x'.repeat(4))).status).toBe(201);
  });

  it('bounds writes to versioned containers before anything is archived', async () => {
    const owner = await server.login('test2:tester2', 'testing2');
    const reseller = await server.login('admin:admin', 'secret', 'AUTH_test2');
    await reseller.ask('POST', '', { [ACCOUNT]: '' });
    const archive = await newContainer(owner);
    const container = await newContainer(owner, 'stack', { 'X-Versions-Location': archive });
    await put(owner, container, 'o', 'one');
    await reseller.ask('POST', '', { [ACCOUNT]: '10' });
    expect(summary(await owner.ask('PUT', `/${container}/o`, {}, 'x'.repeat(50)))).toEqual(
      EXCEEDED,
    );
    expect(await owner.names(archive)).toEqual([]);
  });
});
