import fc from 'fast-check';
import { tempUrlFilter } from '../../../../middleware/tempurl/filter';
import { quote } from '../../../../src/http/bytes';
import { signMessage } from '../../../../src/http/digest';
import { Headers } from '../../../../src/http/headers';
import { NO_BODY, type Handler, type Request } from '../../../../src/swift_api/message';
import { parseTarget } from '../../../../src/swift_api/target';
import type { Recorded } from '../../../support/clients/captures';
import { changesOf, haveOneReading, type Vocabulary } from '../../../support/judges/one_reading';
import { runs } from '../../../support/running/runs';
import { asRequest } from '../../../support/clients/s3/requests';

const EXPIRES = '4000000000';
const KEY = 'key';

/** A filter before a store that has every object and a key; records what it passes on. */
function filtered(methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
  const passed: Request[] = [];
  const next: Handler = (request) => {
    const isForKey = request.authority !== 'client';
    if (!isForKey) passed.push(request);
    const headers = Headers.of({ 'X-Account-Meta-Temp-Url-Key': isForKey ? KEY : undefined });
    return Promise.resolve({ status: 200, headers, body: NO_BODY });
  };
  const same = (headers: Headers) => headers;
  const parts = { methods, digests: ['sha256'], cleanIncoming: same, cleanOutgoing: same };
  return { handler: tempUrlFilter(parts)(next), passed };
}

const { handler, passed } = filtered();

async function readingOf(recorded: Recorded): Promise<string | undefined> {
  await handler({ ...asRequest(recorded), remoteAddress: '10.0.0.1' });
  const request = passed.pop();
  // without its own authorisation a request is no temporary URL
  if (request?.authorise === undefined) return undefined;
  const { method, path, query } = request;
  const target = parseTarget(path);
  const prefix = new URLSearchParams(recorded.target.split('?')[1]).get('temp_url_prefix');
  // a prefix means all objects whose names begin with it
  const of = prefix === null ? target : { ...target, object: target?.object?.startsWith(prefix) };
  return JSON.stringify([method, query, prefix, of]);
}

const text = fc.string({
  unit: fc.constantFrom('a', '/', '\n', '&', '=', '%', ' '),
  minLength: 1,
  maxLength: 4,
});

const requests = fc
  .record({
    method: fc.constantFrom('GET', 'PUT', 'DELETE', 'POST'),
    container: text.filter((name) => !/^\/|\//.test(name)),
    object: text,
    prefix: fc.option(fc.nat(3), { nil: undefined }),
    ip: fc.option(fc.constantFrom('10.0.0.1', '10.0.0.0/8'), { nil: undefined }),
  })
  .map(({ method, container, object, prefix, ip }): Recorded => {
    const folder = `/v1/AUTH_a/${container}/`;
    const begin = prefix === undefined ? undefined : object.slice(0, prefix);
    const path = begin === undefined ? folder + object : `prefix:${folder}${begin}`;
    const message = `${ip === undefined ? '' : `ip=${ip}\n`}${method}\n${EXPIRES}\n${path}`;
    const query = [
      `temp_url_sig=${signMessage(KEY, message, 'sha256')}`,
      `temp_url_expires=${EXPIRES}`,
      ...(begin === undefined ? [] : [`temp_url_prefix=${encodeURIComponent(begin)}`]),
      ...(ip === undefined ? [] : [`temp_url_ip_range=${encodeURIComponent(ip)}`]),
    ].join('&');
    return {
      method,
      target: `${quote(folder + object)}?${query}`,
      fields: [['Host', 'h']],
      body: NO_BODY as Buffer,
    };
  });

const VOCABULARY: Vocabulary = {
  methods: ['GET', 'PUT', 'DELETE', 'POST', 'COPY'],
  hosts: ['other'],
  parameters: [
    'temp_url_prefix=',
    'temp_url_prefix=a',
    'temp_url_ip_range=10.0.0.1',
    'temp_url_expires=4000000001',
    'version-id=ID',
    'multipart-manifest=delete',
  ],
  headers: [
    ['X-Copy-From', '/c/o'],
    ['Destination', 'c/o'],
    ['X-Object-Manifest', 'c/o'],
  ],
};

it('two requests with one temporary URL never mean two things', () =>
  haveOneReading(changesOf(requests, VOCABULARY), readingOf, {
    numRuns: runs(5000),
    seldom: runs(500),
  }));

it.each(['X-Object-Manifest', 'X-Symlink-Target', 'X-Copy-From', 'Destination'])(
  'what names another object is not signed, and refused: %s',
  async (name) => {
    const own = filtered(['PUT', 'COPY']);
    for (const method of ['PUT', 'COPY']) {
      const message = `${method}\n${EXPIRES}\n/v1/AUTH_a/c/o`;
      const target = `/v1/AUTH_a/c/o?temp_url_sig=${signMessage(KEY, message, 'sha256')}&temp_url_expires=${EXPIRES}`;
      const recorded = { method, target, fields: [[name, 'c/p'] as const], body: Buffer.alloc(0) };
      expect([(await own.handler(asRequest(recorded))).status, own.passed]).toEqual([400, []]);
    }
  },
);
