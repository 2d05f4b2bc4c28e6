import type { Target } from '../target';
import { isAt, staysWithin, type ScopedRequest, type Scope } from './scope';

/**
 * A right of the client, in the account of its target and with the client's own
 * credentials:
 *
 * - `write`: to write an object, or any object of a container if the target is one;
 * - `read`: to read an object;
 * - `list`: to list a container;
 * - `change`: to change a container;
 * - `own`: to reach what no ACL opens, as the account's owners do.
 */
export type RightKind = 'write' | 'read' | 'list' | 'change' | 'own';

/**
 * Proof that a client has a right now. Only code that has seen the store or an app
 * confirm the right creates one.
 */
export class Right {
  private readonly isEstablished = true;

  private constructor(
    readonly kind: RightKind,
    readonly target: Target,
  ) {}

  /** Call only once the right is known to exist; a lint rule says which modules may. */
  static established(kind: RightKind, target: Target): Right {
    return new Right(kind, target);
  }

  /** Whether a value is a genuine right, and not just of the same shape. */
  static is(value: object): value is Right {
    return value instanceof Right && value.isEstablished;
  }
}

/**
 * A request as the service user exceeds its authority. This is a bug, and nothing was
 * sent.
 */
export class BeyondAuthority extends Error {
  override readonly name = 'BeyondAuthority';
}

/**
 * The authority to send requests to the store as the service user. It knows what it
 * covers, and each app checks that before a request leaves.
 */
export class ServiceAuthority {
  readonly #purpose: string;
  readonly #scopes: readonly Scope[];

  private constructor(purpose: string, scopes: readonly Scope[]) {
    this.#purpose = purpose;
    this.#scopes = scopes;
  }

  /**
   * Call only for what follows from a right or is on the closed list; a lint rule says
   * which modules may.
   */
  static over(purpose: string, scopes: readonly Scope[]): ServiceAuthority {
    return new ServiceAuthority(purpose, scopes);
  }

  /** Whether this covers anything at a target. */
  reaches(target: Target): boolean {
    return this.#scopes.some((scope) => isAt(target, scope));
  }

  /** @throws BeyondAuthority if the request does more than this covers */
  check(request: ScopedRequest): void {
    if (staysWithin(request, this.#scopes)) return;
    throw new BeyondAuthority(`a ${request.method} is beyond the authority ${this.#purpose}`);
  }
}

/**
 * As whom an app makes the proxy's own requests: the service user, or the client if there
 * is none.
 */
export type Power = 'service' | 'client';

/**
 * As whom a request is made: the client, or the service user for what an authority
 * covers.
 */
export type Authority = 'client' | ServiceAuthority;
