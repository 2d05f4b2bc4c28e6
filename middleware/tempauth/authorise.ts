import { isReferrerAllowed, parseAcl } from '../../src/swift_api/acl';
import { statusResponse, unauthorised } from '../../src/swift_api/responses';
import type { ByteString } from '../../src/http/bytes';
import type { Authorise, Request, Resource, Response } from '../../src/swift_api/message';
import { checkAccountAcl, grantOf } from './account_acl';
import { prefixOf, type Resellers } from './resellers';

/**
 * Decides what members of some groups may do, by the rules of Swift's `tempauth`. A
 * reseller admin may do everything. An admin of an account may do everything in it except
 * create or delete the account. Everybody else may do what the ACLs of the container and
 * the account allow.
 *
 * @param groups of the client; none if the client is unknown
 */
export function createAuthorise(
  request: Request,
  groups: readonly ByteString[],
  resellers: Resellers,
): Authorise {
  return (resource) => {
    const { method, target } = resource;
    const refusal = denyAccess(groups.length > 0, target.account);
    const prefix = prefixOf(target.account, resellers);
    if (prefix === undefined) return refusal;
    const invalid = checkAccountAcl(request.headers);
    if (invalid) return invalid;
    const isNamed = !resellers.has(target.account) && target.account[prefix.length] !== '.';
    if (groups.includes('.reseller_admin') && isNamed) return undefined;
    if (groups.includes('.reseller_reader') && isNamed && isReading(method)) return undefined;
    const required = resellers.get(prefix);
    const isAdmin = groups.includes(target.account) && (!required || groups.includes(required));
    const managesAccount = target.container === undefined && ['PUT', 'DELETE'].includes(method);
    if (isAdmin && !managesAccount) return undefined;
    if (method === 'OPTIONS') return undefined;
    const isAllowed =
      isAllowedByAcl(request, resource, groups) || isAllowedByAccount(resource, groups);
    return isAllowed ? undefined : refusal;
  };
}

function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isAllowedByAcl(
  request: Request,
  resource: Resource,
  groups: readonly ByteString[],
): boolean {
  const { method, target } = resource;
  if (target.container === undefined) return false;
  // a container's ACL covers its objects and their listing only
  if (!isReading(method) && target.object === undefined) return false;
  const acl = parseAcl(isReading(method) ? resource.readAcl : resource.writeAcl);
  const isReferred = isReferrerAllowed(request.headers.get('referer'), acl.referrers);
  if (isReferred && (target.object !== undefined || acl.groups.includes('.rlistings'))) return true;
  return groups.some((group) => acl.groups.includes(group));
}

function isAllowedByAccount(
  { method, target, accountAcl }: Resource,
  groups: readonly ByteString[],
): boolean {
  switch (groups.length > 0 ? grantOf(accountAcl, groups) : undefined) {
    case 'admin':
      return true;
    case 'read-write':
      return target.container !== undefined || isReading(method);
    case 'read-only':
      return isReading(method);
    default:
      return false;
  }
}

/** 403 if the client is known, 401 if not. */
export function denyAccess(isKnown: boolean, realm: ByteString): Response {
  return isKnown ? statusResponse(403) : unauthorised(realm);
}
