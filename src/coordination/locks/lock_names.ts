import { quote, type ByteString } from '../../http/bytes';

/**
 * Names of locks and of cached values, and their keys at Redis. Each name has one kind
 * and is made here, and no name of one kind is spelled like one of another: paths are
 * spelled as they are, all else begins with a word and `:{`, and an account whose name
 * begins so has no locks. Servers of all versions spell them alike.
 */

/** A name that no lock may have: it is spelled like another name, or names nothing. */
export class NameRefused extends Error {
  override readonly name = 'NameRefused';
}

/** A container by its account and its own name, both decoded. */
export interface ContainerParts {
  readonly account: ByteString;
  readonly container: ByteString;
}

/** An object by its account, container and own name, all decoded. */
export interface ObjectParts extends ContainerParts {
  readonly object: ByteString;
}

/** The name of a lock. */
export class LockName {
  private constructor(
    readonly kind: 'container' | 'object' | 'change',
    /** The named parts: account, container and object, or cache and key. */
    readonly parts: readonly ByteString[],
    readonly spelling: ByteString,
  ) {}

  /**
   * The lock for changes to a container itself.
   *
   * @throws NameRefused
   */
  static ofContainer(parts: ContainerParts): LockName {
    return new LockName('container', [parts.account, parts.container], lockPath(parts));
  }

  /**
   * The lock for writes to an object.
   *
   * @throws NameRefused
   */
  static ofObject(parts: ObjectParts): LockName {
    const { account, container, object } = parts;
    if (object === '') throw new NameRefused('an object name must not be empty');
    return new LockName('object', [account, container, object], `${lockPath(parts)}/${object}`);
  }

  /** The lock for changes of what a key of a cache stands for. */
  static ofChange({ cache, key, spelling }: CacheKey): LockName {
    return new LockName('change', [cache, key], spelling);
  }
}

/** A key of a cache that several processes share. */
export class CacheKey {
  private constructor(
    readonly cache: string,
    readonly key: ByteString,
    /** In braces, so that a Redis cluster keeps all keys of one cache key on one node. */
    readonly spelling: ByteString,
  ) {}

  /**
   * Returns a function that makes the keys of a cache.
   *
   * @param cache its name, a word
   */
  static maker(cache: string): (key: ByteString) => CacheKey {
    if (!WORD.test(cache) || KINDS_OF_LOCK_KEYS.includes(cache))
      throw new TypeError(`${cache} is not a valid name of a cache`);
    return (key) => new CacheKey(cache, key, `${cache}:{${quote(key)}}`);
  }
}

const WORD = /^[a-z][a-z0-9]*$/;
/** The start of names that are no paths. */
const NO_PATH = /^[a-z][a-z0-9]*:\{/;
const KINDS_OF_LOCK_KEYS: readonly string[] = ['mutex', 'next'];

/**
 * Returns a container's path, which is its cache key: no other container has the same.
 *
 * @throws NameRefused
 */
export function containerPath({ account, container }: ContainerParts): ByteString {
  for (const part of [account, container]) {
    if (part === '' || part.includes('/'))
      throw new NameRefused('the name of an account or container must not be empty or contain "/"');
  }
  return `${account}/${container}`;
}

function lockPath(parts: ContainerParts): ByteString {
  if (NO_PATH.test(parts.account))
    throw new NameRefused('names of accounts that begin with a word and ":{" are reserved');
  return containerPath(parts);
}

/** Returns the Redis key of a lock. */
export const mutexKey = ({ spelling }: LockName): string => `mutex:${spelling}`;
/** Returns the Redis key of the first place in line for a lock. */
export const placeKey = ({ spelling }: LockName): string => `next:${spelling}`;
/** Returns the Redis key of the generation of a cache key. */
export const generationKey = ({ spelling }: CacheKey): string => spelling;
/** Returns the Redis key of the processes that use a cache key. */
export const usersKey = ({ spelling }: CacheKey): string => `${spelling}:users`;
/** The Redis key of the name that identifies a Redis. */
export const IDENTITY_KEY = 'name';
