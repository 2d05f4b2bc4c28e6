import { unquote } from '../../src/http/bytes';
import { withInfo } from '../../src/plugin/info';
import {
  isReadMethod,
  textResponse,
  type Filter,
  type Handler,
  type Request,
  type Response,
} from '../../src/swift_api/message';
import { isApi, isContainer, isObject, parseTarget, type Target } from '../../src/swift_api/target';
import { changedObject, isCopy, writtenObject } from '../../src/swift_api/object_writes';
import { ObjectWriter } from '../../src/versioning/object_writer';
import {
  withSignedQuery,
  findBypass,
  checkBypass,
  isS3Write,
  refuseUnknownPath,
  refuseS3,
  type Bypass,
} from '../../src/versioning/bypasses';
import { ContainerRequests } from '../../src/versioning/container_requests';
import { errorResponse } from '../../src/versioning/error_responses';
import { multipartDelete } from '../../src/versioning/multipart_delete/multipart_delete';
import { PolicyCache } from '../../src/versioning/policy';
import { hideUnfinished } from '../../src/versioning/hide_unfinished';
import { PinnedPolicies, forwardUnversioned } from '../../src/versioning/forward_unversioned';
import { listAccount } from '../../src/versioning/object_versioning/containers/account_listing';
import { VersionedContainers } from '../../src/versioning/object_versioning/containers/containers';
import { hideVersions } from '../../src/versioning/object_versioning/containers/hide_versions';
import { VersionedObjects } from '../../src/versioning/object_versioning/objects';
import type { VersioningContext } from '../../src/versioning/context';
import { Call, ContainerCall, ObjectCall } from '../../src/versioning/calls';
import { findAmbiguity } from '../../src/versioning/ambiguity';
import { handlesVersions } from '../../src/versioning/options';
import { capabilitiesOf } from '../../src/versioning/capabilities';

/**
 * Forwards requests that versioning does not concern to `next` unchanged, as the same
 * object; all others reach it as new requests.
 */
export function versionedWritesFilter(context: VersioningContext): Filter {
  if (!handlesVersions(context)) return (next) => next;
  const acts = context.allow_versioned_writes === true || context.allow_object_versioning;
  return (next) => {
    const router = new Router(next, context, acts);
    return acts ? withInfo(router.handle, capabilitiesOf(context)) : router.handle;
  };
}

/** Decides which part of versioning answers a request. */
class Router {
  private readonly policies: PolicyCache;
  /** Undefined if X-Versions-Enabled is left to the store. */
  private readonly objects: VersionedObjects | undefined;
  private readonly writer: ObjectWriter;
  private readonly containers: ContainerRequests;

  constructor(
    private readonly next: Handler,
    private readonly context: VersioningContext,
    /** Whether any way of versioning is acted upon. */
    private readonly acts: boolean,
  ) {
    const { cache, app, log } = context;
    this.policies = new PolicyCache(next, cache, app.power, log, context);
    if (context.allow_object_versioning)
      this.objects = new VersionedObjects(next, this.handle, this.policies, context);
    this.writer = new ObjectWriter(next, this.policies, context, this.objects?.writer);
    const listing = hideUnfinished(next);
    const containers = this.objects && new VersionedContainers(listing, app.power);
    this.containers = new ContainerRequests(listing, this.policies, containers, context);
  }

  readonly handle: Handler = async (request) => {
    const { acts, next, context } = this;
    if (acts && isS3Write(request)) return refuseS3();
    const target = parseTarget(request.path);
    if (target === undefined) return acts ? this.handleNoTarget(request) : next(request);
    const ambiguity = acts && isApi(target) ? findAmbiguity(request) : undefined;
    if (ambiguity !== undefined) return textResponse(400, ambiguity);
    const call = new Call(request, target);
    try {
      if (!context.allow_object_versioning) return await this.route(call);
      const admitted = await hideVersions(call, this.handle, context.app);
      if ('status' in admitted) return admitted;
      return await this.route(admitted === request ? call : new Call(admitted, target, call));
    } catch (error) {
      return errorResponse(error, call, context.app.power, context.log);
    }
  };

  /** Handles a path that is invalid here but may be a bypass, as the store reads it. */
  private async handleNoTarget(request: Request): Promise<Response> {
    const isApiPath = /^\/v1(\.0)?\//.test(unquote(request.path));
    const call = new Call(request, { version: 'v1', account: '' });
    const bypass = isApiPath ? findBypass(call, this.context.app.power) : undefined;
    return bypass ? refuseUnknownPath(bypass) : this.next(request);
  }

  private async route(call: Call): Promise<Response> {
    const { request, target } = call;
    const { acts, next, context } = this;
    const bypass = findBypass(call, context.app.power);
    if (bypass) return acts ? this.checkBypass(call, bypass) : next(request);
    if (isContainer(target))
      return this.containers.handle(new ContainerCall(request, target, call));
    if (isObject(target)) return this.handleObject(new ObjectCall(request, target, call));
    if (this.objects && isAccount(target) && request.method === 'GET')
      return listAccount(call, next);
    return next(request);
  }

  /** Uses object versioning only for reads and requests that may name a version. */
  private async handleObject(call: ObjectCall): Promise<Response> {
    const { request, target } = call;
    const { objects, acts, next } = this;
    const mayNameVersion =
      objects && request.method !== 'OPTIONS' && /^v1(\.0)?$/.test(target.version);
    if (!mayNameVersion) return acts ? this.write(call) : next(request);
    const signed = call.withRequest(withSignedQuery(request));
    const isPlainWrite =
      !isReadMethod(request.method) && !isCopy(request) && signed.versionId === undefined;
    if (isPlainWrite) return this.write(signed);
    // the response is not the store's own, so the request is a new one
    return objects.handle(signed.withRequest({ ...signed.request }), (objectCall) =>
      this.write(objectCall),
    );
  }

  /** Handles writes, DELETEs and changes of metadata; forwards other requests. */
  private async write(call: ObjectCall): Promise<Response> {
    const { request, target } = call;
    const written = writtenObject(request, target) ?? changedObject(request, target);
    if (!written) return this.next(request);
    const signed = call.withRequest(withSignedQuery(request));
    if (!signed.isMultipartDelete) return this.writer.handle(signed.request, written);
    const { allow_object_versioning } = this.context;
    return this.check(target, async (pinned) => {
      const response = await multipartDelete(new ObjectCall(signed.request, written, signed), {
        // parts are deleted one by one, each by the policy of its own container
        policies: allow_object_versioning ? this.policies : pinned,
        handler: this.handle,
        hides: allow_object_versioning,
      });
      return response ?? signed.request;
    });
  }

  private checkBypass(call: Call, bypass: Bypass): Promise<Response> {
    const { allow_object_versioning: hides, app } = this.context;
    return this.check(call.target, (pinned) =>
      checkBypass(bypass, call, { policies: pinned, hides, app }),
    );
  }

  /** Returns the response of a check, or forwards the request that it accepts. */
  private async check(
    target: Target,
    check: (pinned: PinnedPolicies) => Promise<Response | Request>,
  ): Promise<Response> {
    const pinned = new PinnedPolicies(this.policies, this.context.lock_wait);
    try {
      const result = await check(pinned);
      if ('status' in result) return result;
      return await forwardUnversioned(result, target, pinned.take(), this.next);
    } finally {
      pinned.release();
    }
  }
}

function isAccount(target: Target): boolean {
  return isApi(target) && target.container === undefined;
}
