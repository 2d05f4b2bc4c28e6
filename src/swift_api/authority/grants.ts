import type { Target } from '../target';
import { isAt, staysWithin, type ScopedRequest, type Scope } from './scope';

/**
 * A right of a client's, in the account of its target and by the client's own credentials:
 *
 * - `write`: to write an object, or any of a container if it names none;
 * - `read`: to read an object;
 * - `list`: to list a container;
 * - `change`: to change a container;
 * - `own`: to reach what no ACL opens, as the account's owners do.
 */
export type RightKind = 'write' | 'read' | 'list' | 'change' | 'own';

/** That a client has a right now. Only what has seen the store, or an app, say so makes one. */
export class Right {
  private readonly isEstablished = true;

  private constructor(
    readonly kind: RightKind,
    readonly target: Target,
  ) {}

  /** To be called only once the right is known to be there; which modules may is a rule of the lint. */
  static established(kind: RightKind, target: Target): Right {
    return new Right(kind, target);
  }

  /** Whether a value is one of these, and not only of their shape. */
  static is(value: object): value is Right {
    return value instanceof Right && value.isEstablished;
  }
}

/** A request in the service user's name goes beyond its authority. It is a bug, and nothing was sent. */
export class BeyondAuthority extends Error {
  override readonly name = 'BeyondAuthority';
}

/**
 * The authority to ask the store for something in the service user's name. It says what it covers, and
 * each app checks that before a request leaves.
 */
export class ServiceAuthority {
  readonly #purpose: string;
  readonly #scopes: readonly Scope[];

  private constructor(purpose: string, scopes: readonly Scope[]) {
    this.#purpose = purpose;
    this.#scopes = scopes;
  }

  /** To be called only for what follows from a right, or is on the closed list; which modules may is a rule of the lint. */
  static over(purpose: string, scopes: readonly Scope[]): ServiceAuthority {
    return new ServiceAuthority(purpose, scopes);
  }

  /** Whether this covers something in a place. */
  reaches(target: Target): boolean {
    return this.#scopes.some((scope) => isAt(target, scope));
  }

  /** @throws BeyondAuthority if the request does more than this covers */
  check(errand: ScopedRequest): void {
    if (staysWithin(errand, this.#scopes)) return;
    throw new BeyondAuthority(`a ${errand.method} is beyond the authority ${this.#purpose}`);
  }
}

/** In whose name an app makes the proxy's own requests: the service user's, or the client's for want of one. */
export type Power = 'service' | 'client';

/** In whose name a request is made: the client's, or the service user's for what an authority covers. */
export type Authority = 'client' | ServiceAuthority;
