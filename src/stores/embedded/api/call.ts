import type { ByteString } from '../../../http/bytes';
import type { Headers } from '../../../http/headers';
import { ACCOUNT_ACL } from '../../../http/account_acl';
import type { Request, Resource } from '../../../http/message';
import type { ContainerTarget, ObjectTarget, Target } from '../../../http/path';
import type { ContainerRecord, Storage } from '../storage';
import { Refused, refuse } from './answers';

/** One request at work: what it asks, and where from. */
export interface Call {
  readonly request: Request;
  readonly target: Target;
  readonly query: ReadonlyMap<string, ByteString>;
  readonly storage: Storage;
}

/** A call for a container. */
export type ContainerCall = Call & { readonly target: ContainerTarget };
/** A call for an object. */
export type ObjectCall = Call & { readonly target: ObjectTarget };

/** What is known of a target to the filter that judges; the account is looked up only if it is asked for. */
export function resourceOf(
  storage: Storage,
  method: string,
  target: Target,
  container?: ContainerRecord,
): Resource {
  return {
    method,
    target,
    readAcl: container?.attributes['x-container-read'],
    writeAcl: container?.attributes['x-container-write'],
    get accountAcl() {
      return storage.account(target.account)?.attributes[ACCOUNT_ACL];
    },
  };
}

/**
 * Asks the filter that knows who asks; whatever has the service's authority may do anything.
 *
 * @throws Refused with that filter's refusal
 */
export function authorise(
  { request, storage }: Pick<Call, 'request' | 'storage'>,
  method: string,
  target: Target,
  container?: ContainerRecord,
): void {
  if (request.authority === 'service') return;
  const refusal = request.authorise?.(resourceOf(storage, method, target, container));
  if (refusal) throw new Refused(refusal);
}

/**
 * The container of a target, once it is known that the client may do what it asks: who may not is told so, whether there is one or
 * not.
 *
 * @throws Refused; 404 where there is no container
 */
export function openContainer(
  call: Pick<Call, 'request' | 'storage'>,
  method: string,
  target: ContainerTarget,
): ContainerRecord {
  const container = call.storage.container(target.account, target.container);
  authorise(call, method, target, container);
  if (container === undefined) throw refuse(404);
  return container;
}

/** Whether the client owns the account (Swift's `swift_owner`): who may change it, and not only what is in it. */
export function isOwner({ request, storage }: Pick<Call, 'request' | 'storage'>, target: Target): boolean {
  if (request.authority === 'service' || request.authorise === undefined) return true;
  const { version, account } = target;
  return request.authorise(resourceOf(storage, 'POST', { version, account })) === undefined;
}

const OWNERS_HEADERS = [
  ACCOUNT_ACL,
  'x-container-read',
  'x-container-write',
  'x-container-sync-key',
  'x-account-meta-temp-url-key',
  'x-account-meta-temp-url-key-2',
  'x-container-meta-temp-url-key',
  'x-container-meta-temp-url-key-2',
];

/** The headers that everybody may see and set (Swift's `swift_owner_headers` left out). */
export function withoutOwners(headers: Headers): Headers {
  return headers.without(
    ...OWNERS_HEADERS,
    ...OWNERS_HEADERS.map((name) => name.replace(/^x-/, 'x-remove-')),
  );
}
