import { createHmac, scryptSync, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ByteString } from '../../src/http/bytes';
import type { User } from './users';

/**
 * Makes and reads stateless tokens, which survive a restart and are valid for every
 * process with the same configuration: the user's name and the time of expiry, signed
 * with a secret derived from the user's key. A user whose key changes has to log in
 * again.
 */
export class Tokens {
  private readonly secrets = new Map<ByteString, Buffer>();
  /** Verified tokens, so that each is verified only once. */
  private readonly claims = new LRUCache<string, Claim>({ max: 10_000 });

  /**
   * @param users by name
   * @param life seconds that a token is valid
   */
  constructor(
    private readonly users: ReadonlyMap<ByteString, User>,
    private readonly prefix: string,
    private readonly life: number,
  ) {
    // slow on purpose, so that a stolen token cannot be used to guess the key
    for (const { name, key } of users.values()) {
      this.secrets.set(name, scryptSync(key, `hindsight tempauth ${name}`, 32));
    }
  }

  /** Creates a token that is valid for `seconds`. */
  create(user: User, now = Date.now()): { token: string; seconds: number } {
    const expires = Math.floor(now / 1000) + this.life;
    const claim = Buffer.from(`${expires} ${user.name}`, 'latin1').toString('base64url');
    return { token: `${this.prefix}tk${claim}.${this.sign(user.name, claim)}`, seconds: this.life };
  }

  /**
   * Returns the user of a token; undefined if the token is foreign, altered or expired.
   */
  read(token: string, now = Date.now()): User | undefined {
    const claim = this.claims.get(token) ?? this.verify(token);
    if (claim === undefined || claim.expires * 1000 < now) return undefined;
    this.claims.set(token, claim);
    return claim.user;
  }

  private verify(token: string): Claim | undefined {
    const prefix = `${this.prefix}tk`;
    const [claim = '', signature = ''] = token.startsWith(prefix)
      ? token.slice(prefix.length).split('.')
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

/** Whether a key is the user's, compared in constant time. */
export function isKeyOf(user: User, key: ByteString): boolean {
  const digest = (text: Buffer) => createHmac('sha256', 'key').update(text).digest();
  return timingSafeEqual(digest(Buffer.from(user.key, 'utf8')), digest(Buffer.from(key, 'latin1')));
}

/** The content of a token. */
interface Claim {
  readonly user: User;
  /** Seconds since 1970. */
  readonly expires: number;
}
