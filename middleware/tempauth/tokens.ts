import { createHmac, scryptSync, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ByteString } from '../../src/http/bytes';
import type { User } from './users';

/**
 * Makes and reads tokens that need to be kept nowhere, so that they survive a restart and hold for every process of the same configuration: the
 * user's name and the time of expiry, signed with what the user's key yields. A user whose key is changed has to log in again.
 */
export class Tokens {
  private readonly secrets = new Map<ByteString, Buffer>();
  /** Tokens that were found good, so that each is verified once. */
  private readonly verified = new LRUCache<string, Claim>({ max: 10_000 });

  /**
   * @param users by their names
   * @param life seconds that a token is good for
   */
  constructor(
    private readonly users: ReadonlyMap<ByteString, User>,
    private readonly prefix: string,
    private readonly life: number,
  ) {
    // slow on purpose: a stolen token must not be a way to find the key by trying
    for (const { name, key } of users.values()) {
      this.secrets.set(name, scryptSync(key, `hindsight tempauth ${name}`, 32));
    }
  }

  /** A token, and the seconds that it is good for. */
  create(user: User, now = Date.now()): { token: string; seconds: number } {
    const expires = Math.floor(now / 1000) + this.life;
    const claim = Buffer.from(`${expires} ${user.name}`, 'latin1').toString('base64url');
    return { token: `${this.prefix}tk${claim}.${this.sign(user.name, claim)}`, seconds: this.life };
  }

  /** Whose token it is; undefined for one that is not ours, was changed or has expired. */
  read(token: string, now = Date.now()): User | undefined {
    const claim = this.verified.get(token) ?? this.verify(token);
    if (claim === undefined || claim.expires * 1000 < now) return undefined;
    this.verified.set(token, claim);
    return claim.user;
  }

  private verify(token: string): Claim | undefined {
    const start = `${this.prefix}tk`;
    const [claim = '', signature = ''] = token.startsWith(start)
      ? token.slice(start.length).split('.')
      : [];
    const [expires = '', ...rest] = Buffer.from(claim, 'base64url').toString('latin1').split(' ');
    const user = this.users.get(rest.join(' '));
    if (!user) return undefined;
    const expected = Buffer.from(this.sign(user.name, claim));
    const bytes = Buffer.from(signature);
    if (expected.length !== bytes.length || !timingSafeEqual(expected, bytes)) return undefined;
    return { user, expires: Number(expires) };
  }

  private sign(name: ByteString, claim: string): string {
    return createHmac('sha256', this.secrets.get(name) ?? '')
      .update(claim)
      .digest('base64url');
  }
}

/** Whether a key is the user's, in a time that does not tell how much of it is. */
export function isKeyOf(user: User, key: ByteString): boolean {
  const digest = (text: Buffer) => createHmac('sha256', 'key').update(text).digest();
  return timingSafeEqual(digest(Buffer.from(user.key, 'utf8')), digest(Buffer.from(key, 'latin1')));
}

/** What a token says. */
interface Claim {
  readonly user: User;
  /** Seconds since 1970. */
  readonly expires: number;
}
