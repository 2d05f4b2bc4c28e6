import type { ByteString } from '../../../http/bytes';
import type { Headers } from '../../../http/headers';
import { ACCOUNT_ACL } from '../../../swift_api/account_acl';
import { unauthorised } from '../../../swift_api/responses';
import { BeyondAuthority } from '../../../swift_api/authority/grants';
import type { Request, Resource, Response } from '../../../swift_api/message';
import type { ContainerTarget, ObjectTarget, Target } from '../../../swift_api/target';
import { bucketOfParts } from '../../../swift_api/reserved';
import type { ContainerRecord, ContainerSettings, Storage } from '../storage/storage';
import { Refused, refuse } from './answers';
import { X_CONTAINER_READ, X_CONTAINER_WRITE } from '../../../swift_api/header_names';

/** Swift's options for requests of web pages. */
export interface CorsSettings {
  /** Origins that are allowed in every container. */
  readonly cors_allow_origin: readonly string[];
  /** Further response headers that a page may read. */
  readonly cors_expose_headers: readonly string[];
  /** Whether only pages of allowed origins may read responses. */
  readonly strict_cors_mode: boolean;
}

/** A request that is being handled. */
export interface Call {
  readonly request: Request;
  readonly target: Target;
  readonly query: ReadonlyMap<string, ByteString>;
  readonly storage: Storage;
  readonly cors: CorsSettings;
  /**
   * Whether a manifest that the client reads names the target. The bucket's ACL then
   * applies to parts of uploads.
   */
  readonly isNamedByManifest?: boolean;
}

/** A call for a container. */
export type ContainerCall = Call & { readonly target: ContainerTarget };
/** A call for an object. */
export type ObjectCall = Call & { readonly target: ObjectTarget };

/**
 * Describes a target to the filter that authorises. The account is only looked up on
 * access. The ACLs of a container of upload parts are ignored, so that only owners reach
 * it.
 */
export function resourceOf(
  storage: Storage,
  method: string,
  target: Target,
  container?: ContainerSettings,
  isOfPart = false,
): Resource {
  const holdsParts = bucketOfParts(target.container ?? '') !== undefined;
  const attributes = holdsParts ? undefined : container?.attributes;
  return {
    method,
    target,
    readAcl: attributes?.[X_CONTAINER_READ],
    writeAcl: attributes?.[X_CONTAINER_WRITE],
    isOfPart,
    get accountAcl() {
      return storage.account(target.account)?.attributes[ACCOUNT_ACL];
    },
  };
}

/**
 * Checks a client's right with the filter that authenticated it. A request by the service
 * user is already authorised, and reaches only what its authority covers.
 *
 * @throws Refused with that filter's refusal
 * @throws BeyondAuthority
 */
export function authorise(
  call: Pick<Call, 'request' | 'storage' | 'isNamedByManifest'>,
  method: string,
  target: Target,
  container?: ContainerSettings,
): void {
  const { request, storage } = call;
  const { authority } = request;
  if (authority !== 'client') {
    if (!authority.reaches(target))
      throw new BeyondAuthority(`a ${method} request exceeds its authority`);
    return;
  }
  const resource = call.isNamedByManifest
    ? resourceOfPart(storage, method, target, container)
    : resourceOf(storage, method, target, container);
  const refusal = refusalFor(request, resource);
  if (refusal) throw new Refused(refusal);
}

/**
 * Returns the refusal if a client lacks a right, or undefined. A client that no filter
 * has authenticated has none.
 *
 * @param request in the client's own name
 */
export function refusalFor(request: Request, resource: Resource): Response | undefined {
  return request.authorise === undefined
    ? unauthorised(resource.target.account)
    : request.authorise(resource);
}

/** Describes a part of an upload as an object of its bucket; anything else as it is. */
function resourceOfPart(
  storage: Storage,
  method: string,
  target: Target,
  container: ContainerSettings | undefined,
): Resource {
  const bucket = bucketOfParts(target.container ?? '');
  return bucket === undefined
    ? resourceOf(storage, method, target, container)
    : resourceOf(
        storage,
        method,
        { ...target, container: bucket },
        storage.container(target.account, bucket),
        true,
      );
}

/**
 * Returns the container of a target after checking the client's right. A client without
 * the right is refused whether or not the container exists.
 *
 * @throws Refused; 404 if the container does not exist
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

/**
 * Whether the client owns the account (Swift's `swift_owner`): may change it, not only
 * its contents.
 */
export function isOwner(
  { request, storage }: Pick<Call, 'request' | 'storage'>,
  target: Target,
): boolean {
  if (request.authority !== 'client') return true;
  const { version, account } = target;
  return refusalFor(request, resourceOf(storage, 'POST', { version, account })) === undefined;
}

const OWNER_HEADERS = [
  ACCOUNT_ACL,
  X_CONTAINER_READ,
  X_CONTAINER_WRITE,
  'x-container-sync-key',
  'x-account-meta-temp-url-key',
  'x-account-meta-temp-url-key-2',
  'x-container-meta-temp-url-key',
  'x-container-meta-temp-url-key-2',
];

/** Drops the headers that only owners may see and set (Swift's `swift_owner_headers`). */
export function withoutOwnerHeaders(headers: Headers): Headers {
  return headers.without(
    ...OWNER_HEADERS,
    ...OWNER_HEADERS.map((name) => name.replace(/^x-/, 'x-remove-')),
  );
}
