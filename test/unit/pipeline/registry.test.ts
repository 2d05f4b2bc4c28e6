import { guardIndex } from '../../../src/pipeline/order';
import { filterPaths, filters } from '../../../src/pipeline/registry';
import { isPlain, readTarget } from '../../../src/swift_api/request_target';

describe('the paths of filters', () => {
  it.each([...filterPaths])('reach the pipeline by one reading only: %s', (path) => {
    expect(isPlain({ path })).toBe(true);
    expect(readTarget(path, filterPaths).reading).toBe('api');
    for (const other of [`/${path}`, `/x/..${path}`, `${path};x`, `/http://h${path}`])
      expect([other, readTarget(other, filterPaths).reading]).toEqual([other, 'ambiguous']);
    for (const other of [`${path}/`, `${path}/x`, `${path}x`])
      expect([other, readTarget(other, filterPaths).reading]).toEqual([other, 'outside']);
  });
});

describe('the guard of parts', () => {
  const named = (names: string) =>
    names.split(' ').map((name) => {
      const plugin = filters.find((each) => each.name === name);
      if (plugin === undefined) throw new Error(`no filter ${name}`);
      return plugin;
    });

  it.each([
    ['gatekeeper versioned_writes', 1],
    ['gatekeeper container_quotas', 2],
    ['tempauth container_quotas versioned_writes', 2],
    ['versioned_writes healthcheck', 0],
  ])('stands before versioned_writes, or last: %s', (names, index) =>
    expect(guardIndex(named(names))).toBe(index),
  );

  it.each(['s3api', 'cosapi', 'qsapi', 'bulk', 'tempauth', 'tempurl', 'formpost'])(
    'stands behind %s, wherever that is',
    (name) => {
      expect(guardIndex(named(`${name} gatekeeper versioned_writes`))).toBe(2);
      expect(guardIndex(named(`versioned_writes ${name} gatekeeper`))).toBe(2);
    },
  );
});
