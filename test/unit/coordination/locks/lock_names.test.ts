import fc from 'fast-check';
import { quote } from '../../../../src/http/bytes';
import {
  CacheKey,
  containerPath,
  generationKey,
  IDENTITY_KEY,
  LockName,
  mutexKey,
  NameRefused,
  placeKey,
  usersKey,
  type ObjectParts,
} from '../../../../src/coordination/locks/lock_names';
import '../../../support/running/runs';

/** Parts of names that may collide with others. */
const pieces = fc.constantFrom(
  ...['a', 'c', 'AUTH_x', 'settings', 'mutex', 'next', 'name', 'users', 'changes of settings '],
  ...[':', '{', '}', '%', '%2F', '%7B', '\0', ' ', '\n', '\xe9', '.', '..', '\\'],
);
const part = fc.array(pieces, { minLength: 1, maxLength: 6 }).map((each) => each.join(''));
const withSlashes = fc
  .array(fc.oneof(pieces, fc.constant('/')), { minLength: 1, maxLength: 8 })
  .map((each) => each.join(''));
const anyPart = fc.oneof(part, withSlashes, fc.string(), fc.constant(''));
const target = fc.record({ account: anyPart, container: anyPart, object: anyPart });
const cache = fc.constantFrom('settings', 'test', 'name', 'users');

/** A thing with all its spellings, in a process and at Redis, and what identifies it. */
interface Spelled {
  readonly identity: string;
  readonly inProcess: string;
  readonly atRedis: readonly string[];
}

function lock(identity: unknown[], make: () => LockName): Spelled | undefined {
  try {
    const name = make();
    return {
      identity: JSON.stringify(identity),
      inProcess: name.spelling,
      atRedis: [mutexKey(name), placeKey(name)],
    };
  } catch (error) {
    expect(error).toBeInstanceOf(NameRefused);
    return undefined;
  }
}

const things = fc.oneof(
  target.map((of) =>
    lock(['object', of.account, of.container, of.object], () => LockName.ofObject(of)),
  ),
  target.map((of) => lock(['container', of.account, of.container], () => LockName.ofContainer(of))),
  fc
    .tuple(cache, anyPart)
    .map(([of, key]) =>
      lock(['change', of, key], () => LockName.ofChange(CacheKey.maker(of)(key))),
    ),
);

it('two names of locks are spelled alike only if they are the same', () => {
  fc.assert(
    fc.property(fc.array(things, { minLength: 2, maxLength: 20 }), (sample) => {
      const spelled = new Map<string, string>();
      for (const each of sample) {
        if (!each) continue;
        for (const text of [`in a process ${each.inProcess}`, ...each.atRedis]) {
          const before = spelled.get(text) ?? each.identity;
          expect([text, before]).toEqual([text, each.identity]);
          spelled.set(text, each.identity);
        }
      }
    }),
  );
});

it('no two keys at Redis are one, of whichever kind they are', () => {
  const keys = fc.tuple(cache, anyPart).map(([of, text]) => {
    const key = CacheKey.maker(of)(text);
    return [
      [`generation ${JSON.stringify([of, text])}`, generationKey(key)],
      [`users ${JSON.stringify([of, text])}`, usersKey(key)],
    ];
  });
  const locks = things.map((each) =>
    (each?.atRedis ?? []).map((text, i) => [`${i} ${each?.identity ?? ''}`, text]),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(keys, locks), { maxLength: 20 }), (sample) => {
      const owners = new Map([[IDENTITY_KEY, 'identity']]);
      for (const [identity = '', text = ''] of sample.flat()) {
        expect([text, owners.get(text) ?? identity]).toEqual([text, identity]);
        owners.set(text, identity);
      }
    }),
  );
});

it('containers are distinguished by their paths', () => {
  fc.assert(
    fc.property(target, target, (one, other) => {
      const paths = [one, other].map((of) => {
        try {
          return containerPath(of);
        } catch {
          return undefined;
        }
      });
      if (paths[0] === undefined || paths[0] !== paths[1]) return;
      expect([one.account, one.container]).toEqual([other.account, other.container]);
    }),
  );
});

/** Spellings of 0.1.0, whose servers share a Redis with later ones. */
const ZERO_ONE = {
  mutex: (name: string) => `mutex:${name}`,
  next: (name: string) => `next:${name}`,
  object: ({ account, container, object }: ObjectParts) => `${account}/${container}/${object}`,
  cacheKey: (name: string, key: string) => `${name}:{${quote(key)}}`,
  users: (name: string) => `${name}:users`,
};

describe('servers of 0.1.0 know the same keys', () => {
  it('as literal bytes', () => {
    const of = { account: 'AUTH_x', container: 'c d', object: 'a/b\xc3\xa9{}%' };
    expect(mutexKey(LockName.ofObject(of))).toBe('mutex:AUTH_x/c d/a/b\xc3\xa9{}%');
    expect(placeKey(LockName.ofObject(of))).toBe('next:AUTH_x/c d/a/b\xc3\xa9{}%');
    expect(mutexKey(LockName.ofContainer(of))).toBe('mutex:AUTH_x/c d');
    expect(placeKey(LockName.ofContainer(of))).toBe('next:AUTH_x/c d');
    const key = CacheKey.maker('settings')(containerPath(of));
    expect(generationKey(key)).toBe('settings:{AUTH_x/c%20d}');
    expect(usersKey(key)).toBe('settings:{AUTH_x/c%20d}:users');
    expect(mutexKey(LockName.ofChange(key))).toBe('mutex:settings:{AUTH_x/c%20d}');
    expect(placeKey(LockName.ofChange(key))).toBe('next:settings:{AUTH_x/c%20d}');
    expect(IDENTITY_KEY).toBe('name');
  });

  it('of all names that a store can have, but for accounts that begin like a cache', () => {
    const store = fc.record({
      account: part.filter((account) => !/^[a-z][a-z0-9]*:\{/.test(account)),
      container: part,
      object: withSlashes,
    });
    fc.assert(
      fc.property(store, (of) => {
        const object = LockName.ofObject(of);
        expect(mutexKey(object)).toBe(ZERO_ONE.mutex(ZERO_ONE.object(of)));
        expect(placeKey(object)).toBe(ZERO_ONE.next(ZERO_ONE.object(of)));
        const path = `${of.account}/${of.container}`;
        expect(mutexKey(LockName.ofContainer(of))).toBe(ZERO_ONE.mutex(path));
        expect(containerPath(of)).toBe(path);
        const key = CacheKey.maker('settings')(path);
        const before = ZERO_ONE.cacheKey('settings', path);
        expect(generationKey(key)).toBe(before);
        expect(usersKey(key)).toBe(ZERO_ONE.users(before));
        expect(mutexKey(LockName.ofChange(key))).toBe(ZERO_ONE.mutex(before));
      }),
    );
  });
});

it.each([
  ['settings:{AUTH_x', 'c}'],
  ['settings:{', 'c'],
  ['other:{AUTH_x', 'c'],
  ['', 'c'],
  ['a/b', 'c'],
  ['a', 'b/c'],
  ['a', ''],
])('the account %j and the container %j have no locks', (account, container) => {
  expect(() => LockName.ofContainer({ account, container })).toThrow(NameRefused);
  expect(() => LockName.ofObject({ account, container, object: 'o' })).toThrow(NameRefused);
});

it.each(['mutex', 'next', 'a b', 'a:', 'a{', '', 'A'])('no cache has the name %j', (name) => {
  expect(() => CacheKey.maker(name)).toThrow(TypeError);
});
