import { Headers } from '../../../src/http/headers';
import { Client } from '../../support/clients/client';
import { newContainer } from '../../support/clients/containers';
import { OK } from '../../support/stores/fake_store';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { onWire } from '../../support/servers/wire';

const NAMES = [
  'a//b',
  'a/../b',
  './a',
  '..',
  'a%2Fb',
  'a+b',
  'a%23b',
  'a#b',
  'a\\b',
  'a;b',
  '%ff',
  'slash/',
  '%e2%82%ac',
  "!$&'()*,=:@[]^`{|}~",
  '"quoted"',
  'lone%percent%zz',
  '%2e%2e%2f',
];

describe('what the store receives is what the client sent, byte for byte', () => {
  it('paths and queries', () =>
    onWire(OK, async ({ store, open }) => {
      const client = await open();
      const queries = ['', '?a=b&a=c', '?a%2Fb=+%20;x', '?a?b#c', '?/../', '?a=&b'];
      const targets = [
        ...NAMES.map((name) => `/v1/AUTH_test/c/${name}`),
        ...queries.map((query) => `/v1/AUTH_test/c/o${query}`),
        '/v1/AUTH_test/c/',
        '/v1/AUTH_test/c?limit=1',
        '/%76%31/AUTH_test/c/o',
        '/info?swiftinfo_sig=a%2fb',
      ];
      for (const target of targets) {
        const { status } = await client.ask('GET', target);
        expect([target, status]).toEqual([target, 200]);
      }
      const lines = store.received.split('\r\n').filter((line) => line.endsWith(' HTTP/1.1'));
      expect(lines).toEqual(targets.map((target) => `GET ${target} HTTP/1.1`));
    }));

  it('and not a path that is one of the API to another reader only, or a host with more than a port', () =>
    onWire(OK, async ({ store, open }) => {
      const client = await open();
      const targets = [
        '//v1/AUTH_test/c/o',
        '/v1//AUTH_test/c/o',
        '/x/../v1/AUTH_test/c/o',
        '/x/%2e%2e/v1/AUTH_test/c/o',
        '/v1\\AUTH_test/c/o',
        'HTTP://u%2fx@h/v1/AUTH_test/c/o',
        'http://u:p@h/v1/AUTH_test/c/o',
      ];
      for (const target of targets)
        for (const method of ['GET', 'COPY', 'OPTIONS'])
          expect([method, target, (await client.ask(method, target)).status]).toEqual([
            method,
            target,
            400,
          ]);
      expect(store.received).toBe('');
    }));

  it('bytes beyond ASCII must be encoded, which a client that sends them is told', () =>
    onWire(OK, async ({ store, open }) => {
      for (const target of ['/v1/AUTH_test/c/caf\xc3\xa9', '/v1/AUTH_test/c/o?\xff']) {
        const answer = await (await open()).ask('GET', target);
        expect([answer.status, answer.body.toString()]).toEqual([
          400,
          expect.stringMatching(/percent-encoded/),
        ]);
      }
      expect(store.received).toBe('');
    }));

  it('the path of a request whose target is a whole URL', () =>
    onWire(OK, async ({ store, open }) => {
      const client = await open();
      await client.ask('GET', 'http://elsewhere.test:81/v1/AUTH_test/c/a//b?x=http://y/');
      await client.ask('GET', 'HTTP://elsewhere.test/v1/AUTH_test/c/%2F#f');
      expect(store.received.match(/GET .* HTTP/g)).toEqual([
        'GET /v1/AUTH_test/c/a//b?x=http://y/ HTTP',
        'GET /v1/AUTH_test/c/%2F#f HTTP',
      ]);
    }));
});

describeWithSwift('objects of any name', ({ plain }) => {
  const proxy = suiteProxy(plain);

  it('are the same through the proxy and past it', async () => {
    const direct = await login(plain, 'tester');
    const through = new Client(proxy.url, direct.credentials, direct.account);
    const [written, compared] = [await newContainer(direct), await newContainer(direct)];
    for (const [index, name] of NAMES.entries()) {
      const body = `body ${index}`;
      const statuses = [
        (await through.ask('PUT', `/${written}/${name}`, {}, body)).status,
        (await direct.ask('PUT', `/${compared}/${name}`, {}, body)).status,
      ];
      expect([name, statuses[0]]).toEqual([name, statuses[1]]);
      const answers = [
        await through.ask('GET', `/${written}/${name}`),
        await direct.ask('GET', `/${written}/${name}`),
      ];
      expect(answers.map((answer) => answer.body.toString())).toEqual(
        answers.map((answer) => (answer.status === 200 ? body : answer.body.toString())),
      );
      expect([name, answers[0]!.status]).toEqual([name, answers[1]!.status]);
    }
    expect(await through.names(written)).toEqual(await direct.names(compared));
  });

  it('are refused without a credential as the store refuses them', async () => {
    for (const url of [plain, proxy.url]) {
      const anonymous = new Client(url, Headers.none, '/v1/AUTH_test');
      expect((await anonymous.ask('PUT', '/c/o', {}, 'x')).status).toBe(401);
    }
  });
});
