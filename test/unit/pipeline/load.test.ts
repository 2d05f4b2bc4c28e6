import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ConfigError } from '../../../src/config/error';
import { Headers } from '../../../src/http/headers';
import { parseIni as parse } from '../../../src/config/ini';
import { Mistakes } from '../../../src/config/mistakes';
import { loadConfig, readConfig } from '../../../src/pipeline/load';
import '../../support/running/runs';

const SAMPLES = join(__dirname, '../../../config');

const GOOD = `[DEFAULT]
bind_port = 8080
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging versioned_writes proxy-server
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = yes
[app:proxy-server]
use = swift
upstream = http://127.0.0.1:18080
`;

/** Returns the parsed sections; throws all mistakes. */
const parseIni = (text: string, file: string, env: NodeJS.ProcessEnv) => {
  const mistakes = new Mistakes(file);
  const sections = parse(text, mistakes, env);
  mistakes.throwIfAny();
  return sections;
};

const read = (text: string, env: NodeJS.ProcessEnv = {}) => readConfig(text, 'test.conf', env);

describe('the samples in config/', () => {
  const samples = readdirSync(SAMPLES).filter((name) => name.endsWith('.conf'));

  it.each(samples)('%s loads with nothing in the environment', (name) => {
    const config = loadConfig(join(SAMPLES, name), {});
    expect(config.pipeline.at(-1)).toMatch(/^(proxy-server|embedded)$/);
    expect(config.server.bind_ip).toBe('127.0.0.1');
    expect(Object.isFrozen(config)).toBe(true);
  });
});

it('S3 requests are claimed for the pipeline: forms to buckets, and buckets by their Host', () => {
  const config = read(
    GOOD.replace('versioned_writes proxy-server', 's3api versioned_writes proxy-server').concat(
      '[filter:s3api]\nstorage_domain = s3.example .other.example\n',
    ),
  );
  const claims = (method: string, target: string, headers: Record<string, string>) =>
    config.claims({ method, target, headers: Headers.of(headers) });
  const form = { 'Content-Type': 'multipart/form-data; boundary=b' };
  expect(claims('POST', '/bkt', form)).toBe(true);
  expect(claims('POST', '/bkt/', form)).toBe(true);
  expect(claims('POST', '/', { ...form, Host: 'bkt.s3.example' })).toBe(true);
  expect(claims('GET', '/any', { Host: 'bkt.OTHER.example:80' })).toBe(true);
  expect(claims('POST', '/v1/AUTH_a/c', form)).toBe(false);
  expect(claims('POST', '/auth', form)).toBe(false);
  expect(claims('GET', '/bkt', { Host: 's3.example' })).toBe(false);
  expect(claims('GET', '/bkt', { Host: 'bkt.elsewhere.example' })).toBe(false);
});

it('COS requests are claimed for the pipeline: by their signature, and by a bucket in the Host', () => {
  const config = read(
    GOOD.replace('versioned_writes proxy-server', 'cosapi versioned_writes proxy-server').concat(
      '[filter:cosapi]\nstorage_domain = cos.example\n',
    ),
  );
  const claims = (target: string, headers: Record<string, string>) =>
    config.claims({ method: 'GET', target, headers: Headers.of(headers) });
  expect(claims('/any', { Authorization: 'q-sign-algorithm=sha1&q-ak=a' })).toBe(true);
  expect(claims('/any?q-signature=a', {})).toBe(true);
  expect(claims('/any', { Host: 'bkt-1.cos.ap-x.myqcloud.com:80' })).toBe(true);
  expect(claims('/any', { Host: 'bkt-1.cos.example' })).toBe(true);
  expect(claims('/any', { Host: 'cos.ap-x.myqcloud.com' })).toBe(false);
  expect(claims('/any', { Host: 'bkt.elsewhere.example' })).toBe(false);
});

it('cosapi after what it asks does not start', () => {
  const text = GOOD.replace(
    'versioned_writes proxy-server',
    'versioned_writes cosapi proxy-server',
  );
  expect(() => read(`${text}[filter:cosapi]\n`)).toThrow(
    'cosapi must stand before versioned_writes',
  );
});

it.each([
  ['password', '', 'auth_url: needed with auth_type = password'],
  [
    'ec2',
    'auth_url = http://127.0.0.1:5000\nusername = u\npassword = p',
    'project_name: needed with auth_type = ec2',
  ],
  ['ec3', '', 'auth_type = ec3: not known; known: v1, password, ec2'],
])('the S3 API says what auth_type = %s lacks', (type, more, message) => {
  const text = GOOD.replace('versioned_writes proxy-server', 's3api versioned_writes proxy-server');
  expect(() => read(`${text}[filter:s3api]\nauth_type = ${type}\n${more}\n`)).toThrow(message);
});

it('connections are limited only if configured, and by a number', () => {
  const max = (value: string) =>
    read(GOOD.replace('[DEFAULT]', `[DEFAULT]\nmax_connections = ${value}`)).server.max_connections;
  expect(read(GOOD).server.max_connections).toBeUndefined();
  expect(max('100')).toBe(100);
  for (const value of ['0', '-1', 'many']) expect(() => max(value)).toThrow(ConfigError);
});

it('the memory for bodies has room for the longest manifest of an account, and is 256 MiB unless said otherwise', () => {
  const max = (value: string) =>
    read(GOOD.replace('[DEFAULT]', `[DEFAULT]\nmax_body_memory = ${value}`)).server.max_body_memory;
  expect(read(GOOD).server.max_body_memory).toBe(256 * 1024 * 1024);
  expect(max('67108864')).toBe(64 * 1024 * 1024);
  for (const value of ['0', '67108863', 'much']) expect(() => max(value)).toThrow(ConfigError);
});

it('times are whole milliseconds, as Redis takes them', () => {
  const { lock_lease } = read(GOOD.replace('[DEFAULT]', '[DEFAULT]\nlock_lease = 1.001')).server;
  expect(lock_lease).toBe(1001);
});

describe('the ini form', () => {
  const values = (text: string, env = {}) =>
    Object.fromEntries(
      [...parseIni(text, 'test.conf', env).values()].map((section) => [
        section.name,
        Object.fromEntries([...section.options].map(([name, { value }]) => [name, value])),
      ]),
    );

  it('reads comments, both separators, continued lines and `set`', () => {
    const text =
      '# c\n; c\n[a b]\none = 1 ; c\ntwo: 2 # c\nthree = x;y#z\nfour = a\n  b\n\tc\nset five = 5\nsix =  ; unset\n';
    expect(values(text)).toEqual({
      'a b': { one: '1', two: '2', three: 'x;y#z', four: 'a b c', five: '5', six: '' },
    });
  });

  it('reads CRLF as LF', () => {
    expect(values('[a]\r\nb = c\r\n')).toEqual({ a: { b: 'c' } });
  });

  it('takes values from the environment', () => {
    const text = '[a]\nb = ${HOST:-localhost}:${PORT:-80}\nc = ${EMPTY:-}\n';
    expect(values(text)).toEqual({ a: { b: 'localhost:80', c: '' } });
    expect(values(text, { HOST: 'h', PORT: '1', EMPTY: '' })).toEqual({ a: { b: 'h:1', c: '' } });
  });

  it.each([
    ['x = 1', 1, 'before the first [section]'],
    ['[a]\nnonsense', 2, 'nonsense'],
    ['[a]\n[a]', 2, '[a] is given twice'],
    ['[a]\nx = 1\nx = 2', 3, 'x is given twice'],
    ['[a]\n\nx = ${NOT_SET}', 3, 'NOT_SET is not set'],
    ['[a]\nx = ${1+1}', 2, '${NAME:-default}'],
  ])('names the line of %j', (text, line, cause) => {
    expect(() => parseIni(text, 'test.conf', {})).toThrow(`test.conf:${line}: `);
    expect(() => parseIni(text, 'test.conf', {})).toThrow(cause);
  });

  it('never fails otherwise than with a ConfigError', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('[DEFAULT]', '[app:a]', 'x = 1', ' more', '${', '[', ']', '= ='),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          read(lines.join('\n'));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });
});

describe('a configuration', () => {
  it('is read, with defaults', () => {
    const config = read(GOOD);
    expect(config.server).toMatchObject({
      bind_ip: '127.0.0.1',
      bind_port: 8080,
      workers: 1,
      client_timeout: 60_000,
    });
    expect(config.pipeline).toHaveLength(6);
  });

  it.each([
    [
      'an unknown section',
      /\[filter:versioned_writes\]/,
      '[fliter:versioned_writes]',
      5,
      'unknown section [fliter:versioned_writes]',
    ],
    [
      'an unknown option',
      /allow_versioned_writes/,
      'allow_versioned_write',
      7,
      'has no option allow_versioned_write; known: allow_versioned_writes',
    ],
    [
      'an unreadable flag',
      /= yes/,
      '= yep',
      7,
      'allow_versioned_writes = yep: not a flag; known: true',
    ],
    [
      'an unreadable number',
      /= 8080/,
      '= 80800',
      2,
      'bind_port = 80800: not a whole number from 0 to 65535',
    ],
    [
      'a number of workers that is none',
      /bind_port = 8080/,
      'workers = none',
      2,
      'workers = none: neither auto',
    ],
    [
      'an unknown filter',
      /healthcheck/,
      'healthczech',
      4,
      'unknown filter healthczech; known: catch_errors, gatekeeper',
    ],
    [
      'an unknown app',
      /use = swift/,
      'use = egg:swift#swiftly',
      9,
      'unknown app egg:swift#swiftly; known: swift',
    ],
    [
      'a URL that is none',
      /http:\/\/127.0.0.1:18080/,
      'localhost:18080',
      10,
      'not an http:// or https:// URL',
    ],
    ['an upstream with a path', /18080/, '18080/swift', 10, 'only scheme, host and port'],
    ['a missing option', /upstream = .*/, '', 8, '[app:proxy-server] needs the option upstream'],
    [
      'a path of a filter to pass through',
      /use = swift/,
      'use = swift\npassthrough = GET:/auth/* GET:/healthcheck',
      10,
      'passthrough: GET:/healthcheck is a path of the object API, which is never passed through',
    ],
    ['no pipeline', /pipeline = .*/, '', 3, 'pipeline = FILTER... APP'],
    [
      'a wrong order',
      /catch_errors gatekeeper/,
      'gatekeeper catch_errors',
      4,
      'catch_errors must be the first',
    ],
    [
      'a missing gatekeeper',
      /gatekeeper /,
      '',
      4,
      'versioned_writes needs gatekeeper before it in the pipeline: it keeps clients',
    ],
    ['a filter twice', /healthcheck/, 'gatekeeper', 4, 'gatekeeper is in the pipeline twice'],
    [
      'half a service user',
      /(upstream = .*)/,
      '$1\nauth_url = http://127.0.0.1:18080/auth/v1.0\nauth_user = a:b',
      8,
      'auth_key: needed with auth_url',
    ],
  ])('is refused with %s', (_, what, by, line, cause) => {
    expect(what.test(GOOD)).toBe(true);
    expect(() => read(GOOD.replace(what, by))).toThrow(`test.conf:${line}: `);
    expect(() => read(GOOD.replace(what, by))).toThrow(cause);
  });

  it('takes flags as Swift does', () => {
    for (const yes of ['true', '1', 'yes', 'on', 't', 'y', 'TRUE'])
      expect(() => read(GOOD.replace('yes', yes))).not.toThrow();
    for (const no of ['false', '0', 'no', 'off', 'f', 'n'])
      expect(() => read(GOOD.replace('yes', no))).not.toThrow();
  });

  it('that cannot be read names its file', () => {
    expect(() => loadConfig('/no/such.conf', {})).toThrow('/no/such.conf: no such file');
  });
});
