import { readConfig } from '../../../../src/pipeline/load';
import { redisUrl } from '../../../../src/coordination/redis/url';

describe('the URL of a Redis', () => {
  it.each([
    ['redis://host', { kind: 'single', tls: false, hosts: [{ host: 'host', port: 6379 }], db: 0 }],
    [
      'rediss://user:p%40ss@[::1]:7000/3',
      {
        kind: 'single',
        tls: true,
        hosts: [{ host: '::1', port: 7000 }],
        db: 3,
        username: 'user',
        password: 'p@ss',
      },
    ],
    [
      'redis+sentinel://:secret@one:1,two/group/2',
      {
        kind: 'sentinel',
        tls: false,
        hosts: [
          { host: 'one', port: 1 },
          { host: 'two', port: 26_379 },
        ],
        group: 'group',
        password: 'secret',
        db: 2,
      },
    ],
    [
      'redis+cluster://one,two:7001',
      {
        kind: 'cluster',
        tls: false,
        hosts: [
          { host: 'one', port: 6379 },
          { host: 'two', port: 7001 },
        ],
        db: 0,
      },
    ],
  ])('is read: %s', (url, address) => {
    expect(redisUrl.parse(url)).toEqual(address);
  });

  it.each([
    'http://host',
    'redis:/host',
    'redis://',
    'redis://one,two',
    'redis://host:0',
    'redis://host:70000',
    'redis://host/db',
    'redis://host/1/2',
    'redis://a:%zz@host',
    'redis+sentinel://host',
    'redis+cluster://host/1',
    'redis+cluster://one,',
    'redis+other://host',
    'redis://host?password=x',
  ])('is refused with the forms that are known, and without its password: %s', (url) => {
    const text = `[DEFAULT]\nredis_url = ${url.replace('://', '://user:secret@')}\n[pipeline:main]\npipeline = catch_errors gatekeeper versioned_writes app\n[app:app]\nuse = swift\nupstream = http://127.0.0.1:1\n`;
    const read = () => readConfig(text, 'test.conf', {});
    expect(read).toThrow(/^test\.conf:2: \[DEFAULT\] redis_url = .*redis\+sentinel:/);
    expect(read).not.toThrow(/secret/);
  });
});
