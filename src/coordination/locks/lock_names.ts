import { quote, type ByteString } from '../../http/bytes';

/**
 * Names of locks and of what caches keep, and the keys that they have at Redis. Everything that
 * excludes or is kept has a name of one kind, made here, and no name of one kind is spelled as one of
 * another: paths are spelled as they are, all else begins with a word and `:{`, and an account whose
 * name begins so has no locks. Servers of all versions spell them alike.
 */

/** What locks may not be named after: it spells another name, or names nothing. */
export class NameRefused extends Error {
  override readonly name = 'NameRefused';
}

/** A container by its account and its own name, both decoded. */
export interface ContainerParts {
  readonly account: ByteString;
  readonly container: ByteString;
}

/** An object, likewise. */
export interface ObjectParts extends ContainerParts {
  readonly object: ByteString;
}

/** The name of a lock. */
export class LockName {
  private constructor(
    readonly kind: 'container' | 'object' | 'change',
    /** What it is a name of: account, container and object, or cache and key. */
    readonly parts: readonly ByteString[],
    readonly spelling: ByteString,
  ) {}

  /**
   * Of changes to a container itself.
   *
   * @throws NameRefused
   */
  static ofContainer(parts: ContainerParts): LockName {
    return new LockName('container', [parts.account, parts.container], lockPath(parts));
  }

  /**
   * Of writes to an object.
   *
   * @throws NameRefused
   */
  static ofObject(parts: ObjectParts): LockName {
    const { account, container, object } = parts;
    if (object === '') throw new NameRefused('an object without a name');
    return new LockName('object', [account, container, object], `${lockPath(parts)}/${object}`);
  }

  /** Of changes of what a key of a cache stands for. */
  static ofChange({ cache, key, spelling }: CacheKey): LockName {
    return new LockName('change', [cache, key], spelling);
  }
}

/** A key of one of the caches that several processes have in common. */
export class CacheKey {
  private constructor(
    readonly cache: string,
    readonly key: ByteString,
    /** In braces, so that a Redis cluster keeps together what belongs to one key. */
    readonly spelling: ByteString,
  ) {}

  /**
   * What makes the keys of a cache.
   *
   * @param cache its name, a word
   */
  static maker(cache: string): (key: ByteString) => CacheKey {
    if (!WORD.test(cache) || KINDS_OF_LOCK_KEYS.includes(cache))
      throw new TypeError(`no cache can have the name ${cache}`);
    return (key) => new CacheKey(cache, key, `${cache}:{${quote(key)}}`);
  }
}

const WORD = /^[a-z][a-z0-9]*$/;
/** How names begin that are no paths. */
const NO_PATH = /^[a-z][a-z0-9]*:\{/;
const KINDS_OF_LOCK_KEYS: readonly string[] = ['mutex', 'next'];

/** A container's path, by which caches know it: no other is spelled so. */
export function containerPath({ account, container }: ContainerParts): ByteString {
  for (const part of [account, container]) {
    if (part === '' || part.includes('/'))
      throw new NameRefused('a name of an account or container');
  }
  return `${account}/${container}`;
}

function lockPath(parts: ContainerParts): ByteString {
  if (NO_PATH.test(parts.account))
    throw new NameRefused('the account: names that begin with a word and ":{" are reserved');
  return containerPath(parts);
}

/** The key at Redis of a lock. */
export const mutexKey = ({ spelling }: LockName): string => `mutex:${spelling}`;
/** Of the place behind it. */
export const placeKey = ({ spelling }: LockName): string => `next:${spelling}`;
/** Of the generation of what a key of a cache stands for. */
export const generationKey = ({ spelling }: CacheKey): string => spelling;
/** What the processes are noted under that use it. */
export const usersKey = ({ spelling }: CacheKey): string => `${spelling}:users`;
/** What a Redis is known by. */
export const IDENTITY_KEY = 'name';
