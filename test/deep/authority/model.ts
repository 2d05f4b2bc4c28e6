/**
 * An access model of the test world, written independently of the product. Owners may do
 * everything in their account, others what TempAuth's ACLs allow, and the holder of a
 * signed URL what it is signed for.
 */

/**
 * The sender of a request: a user, nobody, or the holder of a URL for one method and
 * object.
 */
export type Who = 'tester' | 'tester2' | 'tester3' | 'nobody' | Signed;

interface Signed {
  readonly method: string;
  readonly place: Place;
  /** Whose key has signed. */
  readonly scope: 'account' | 'container';
}

export interface Place {
  readonly account: string;
  readonly container: string;
  readonly object?: string | undefined;
}

export interface Acls {
  readonly read: string;
  readonly write: string;
}

const OWNS: Readonly<Record<string, string>> = { tester: 'AUTH_test', tester2: 'AUTH_test2' };
const NAMES: Readonly<Record<string, string>> = {
  tester: 'test:tester',
  tester2: 'test2:tester2',
  tester3: 'test:tester3',
};

export type Deed = 'read' | 'list' | 'write' | 'own';

/** The current ACLs of all containers, by `account/container`. */
export class Model {
  private readonly acls = new Map<string, Acls>();

  set({ account, container }: Place, acls: Partial<Acls>): void {
    const before = this.acls.get(`${account}/${container}`) ?? { read: '', write: '' };
    this.acls.set(`${account}/${container}`, { ...before, ...acls });
  }

  may(who: Who, deed: Deed, place: Place): boolean {
    if (typeof who === 'object') return isSignedFor(who, deed, place);
    if (OWNS[who] === place.account) return true;
    if (deed === 'own') return false;
    const { read, write } = this.acls.get(`${place.account}/${place.container}`) ?? {
      read: '',
      write: '',
    };
    const listed = (deed === 'write' ? write : read).split(',');
    const name = NAMES[who];
    if (name !== undefined && listed.includes(name)) return true;
    if (deed === 'write' || !listed.includes('.r:*')) return false;
    return deed === 'read' || listed.includes('.rlistings');
  }
}

/**
 * As in Swift's tempurl, a URL to read an object opens all that its key may sign for,
 * through large objects and links; one to write it opens nothing else.
 */
function isSignedFor({ method, place, scope }: Signed, deed: Deed, target: Place): boolean {
  const { account, container, object } = target;
  const isHere = account === place.account && container === place.container;
  if (method === 'GET' || method === 'HEAD')
    return (
      (deed === 'read' || deed === 'list') &&
      account === place.account &&
      (scope === 'account' || isHere)
    );
  return deed === 'write' && isHere && object === place.object;
}
