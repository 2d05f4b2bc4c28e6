import { isReferrerAllowed, parseAcl } from '../../src/http/acl';
import { Headers } from '../../src/http/headers';
import type { Authorise, Request, Resource, Response } from '../../src/http/message';
import type { User } from './users';

/**
 * What a user may do, by the rules of Swift's `tempauth`: a reseller admin everything; an admin of an account everything in it but to
 * create or delete the account; everybody else what the container's ACL says.
 *
 * @param user who asks; undefined: nobody known
 */
export function authoriser(request: Request, user: User | undefined, prefix: string): Authorise {
  const groups = user?.groups ?? [];
  return (resource) => {
    const { method, target } = resource;
    if (!target.account.startsWith(prefix)) return denied(user, target.account);
    const named = target.account !== prefix && target.account[prefix.length] !== '.';
    if (groups.includes('.reseller_admin') && named) return undefined;
    const managesAccount = target.container === undefined && ['PUT', 'DELETE'].includes(method);
    if (groups.includes(target.account) && !managesAccount) return undefined;
    if (method === 'OPTIONS') return undefined;
    return isAllowedByAcl(request, resource, groups) ? undefined : denied(user, target.account);
  };
}

function isAllowedByAcl(request: Request, resource: Resource, groups: readonly string[]): boolean {
  const { method, target } = resource;
  if (target.container === undefined) return false;
  const reads = method === 'GET' || method === 'HEAD';
  // only who owns an account may create, change or delete its containers
  if (!reads && target.object === undefined) return false;
  const acl = parseAcl(reads ? resource.readAcl : resource.writeAcl);
  const referred = isReferrerAllowed(request.headers.get('referer'), acl.referrers);
  if (referred && (target.object !== undefined || acl.groups.includes('.rlistings'))) return true;
  return groups.some((group) => acl.groups.includes(group));
}

/** 403 to who is known, 401 to who is not, in Swift's words. */
export function denied(user: User | undefined, realm: string): Response {
  const [status, title, text] = user
    ? ([403, 'Forbidden', 'Access was denied to this resource.'] as const)
    : ([
        401,
        'Unauthorized',
        'This server could not verify that you are authorized to access the document you requested.',
      ] as const);
  const body = Buffer.from(`<html><h1>${title}</h1><p>${text}</p></html>`);
  const headers = Headers.of({
    'Content-Type': 'text/html; charset=UTF-8',
    'Www-Authenticate': user ? undefined : `Swift realm="${realm.replace(/[^\x21-\x7e]|["\\]/g, '?')}"`,
    'Content-Length': String(body.length),
  });
  return { status, headers, body };
}
