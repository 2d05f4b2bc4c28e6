import type { ByteString } from '../../../http/bytes';
import type { Headers } from '../../../http/headers';
import { ACCOUNT_ACL } from '../../../swift_api/account_acl';
import { unauthorised } from '../../../swift_api/responses';
import { BeyondAuthority } from '../../../swift_api/authority/grants';
import type { Request, Resource, Response } from '../../../swift_api/message';
import type { ContainerTarget, ObjectTarget, Target } from '../../../swift_api/target';
import { bucketOfParts } from '../../../swift_api/reserved';
import type { ContainerRecord, Storage } from '../storage/storage';
import { Refused, refuse } from './answers';

/** One request at work: what it asks, and where from. */
export interface Call {
  readonly request: Request;
  readonly target: Target;
  readonly query: ReadonlyMap<string, ByteString>;
  readonly storage: Storage;
  /** A manifest that the client reads names the target: of parts of uploads the bucket's ACL counts. */
  readonly isNamedByManifest?: boolean;
}

/** A call for a container. */
export type ContainerCall = Call & { readonly target: ContainerTarget };
/** A call for an object. */
export type ObjectCall = Call & { readonly target: ObjectTarget };

/**
 * What is known of a target to the filter that judges; the account is looked up only if it is asked for. The ACLs of
 * a container of parts do not count, so that only owners reach it.
 */
export function resourceOf(
  storage: Storage,
  method: string,
  target: Target,
  container?: ContainerRecord,
): Resource {
  const isOfParts = bucketOfParts(target.container ?? '') !== undefined;
  const attributes = isOfParts ? undefined : container?.attributes;
  return {
    method,
    target,
    readAcl: attributes?.['x-container-read'],
    writeAcl: attributes?.['x-container-write'],
    get accountAcl() {
      return storage.account(target.account)?.attributes[ACCOUNT_ACL];
    },
  };
}

/**
 * Asks the filter that knows the client. A request in the service user's name has been judged, and reaches only
 * what its authority covers.
 *
 * @throws Refused with that filter's refusal
 * @throws BeyondAuthority
 */
export function authorise(
  call: Pick<Call, 'request' | 'storage' | 'isNamedByManifest'>,
  method: string,
  target: Target,
  container?: ContainerRecord,
): void {
  const { request, storage } = call;
  const { authority } = request;
  if (authority !== 'client') {
    if (!authority.reaches(target))
      throw new BeyondAuthority(`a ${method} reaches beyond its authority`);
    return;
  }
  const resource = call.isNamedByManifest
    ? resourceOfPart(storage, method, target, container)
    : resourceOf(storage, method, target, container);
  const refusal = judgement(request, resource);
  if (refusal) throw new Refused(refusal);
}

/**
 * The refusal of what a client may not do; undefined if it may. A client that no filter has judged may nothing.
 *
 * @param request in the client's own name
 */
export function judgement(request: Request, resource: Resource): Response | undefined {
  return request.authorise === undefined
    ? unauthorised(resource.target.account)
    : request.authorise(resource);
}

/** A part of an upload as something in its bucket; anything else as it is. */
function resourceOfPart(
  storage: Storage,
  method: string,
  target: Target,
  container: ContainerRecord | undefined,
): Resource {
  const bucket = bucketOfParts(target.container ?? '');
  return bucket === undefined
    ? resourceOf(storage, method, target, container)
    : resourceOf(
        storage,
        method,
        { ...target, container: bucket },
        storage.container(target.account, bucket),
      );
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
export function isOwner(
  { request, storage }: Pick<Call, 'request' | 'storage'>,
  target: Target,
): boolean {
  if (request.authority !== 'client') return true;
  const { version, account } = target;
  return judgement(request, resourceOf(storage, 'POST', { version, account })) === undefined;
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
