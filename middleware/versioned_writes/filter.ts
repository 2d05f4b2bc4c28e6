import { unquote } from '../../src/http/bytes';
import { withInfo } from '../../src/plugin/info';
import {
  isReading,
  textResponse,
  type Filter,
  type Handler,
  type Request,
  type Response,
} from '../../src/swift_api/message';
import { unreadableName } from '../../src/swift_api/naming_headers';
import { isReadTwoWays } from '../../src/swift_api/query_readings';
import { isApi, isContainer, isObject, parseTarget, type Target } from '../../src/swift_api/target';
import { changedBy, writtenBy } from '../../src/swift_api/object_writes';
import { ObjectWriter } from '../../src/versioning/archive/writer';
import {
  asSigned,
  bypassOf,
  checkBypass,
  isS3Write,
  refuseNowhere,
  refuseS3,
  type Bypass,
} from '../../src/versioning/bypasses';
import { ContainerRequests } from '../../src/versioning/container_requests';
import { errorResponse } from '../../src/versioning/error_responses';
import {
  isMultipartDelete,
  multipartDelete,
} from '../../src/versioning/multipart_delete/multipart_delete';
import { MODE_HEADERS, PolicyCache } from '../../src/versioning/policy';
import { hideUnfinished } from '../../src/versioning/hide_unfinished';
import { PinnedPolicies, forwardUnversioned } from '../../src/versioning/forward_unversioned';
import { listAccount } from '../../src/versioning/object_versioning/containers/account_listing';
import { VersionedContainers } from '../../src/versioning/object_versioning/containers/containers';
import { hideVersions } from '../../src/versioning/object_versioning/containers/hide_versions';
import { VersionedObjects } from '../../src/versioning/object_versioning/objects';
import { VersioningContext } from '../../src/versioning/context';

/**
 * A request that versions do not concern goes to `next` as it came, the same object; all others go there as new requests.
 */
export function versionedWritesFilter(parts: VersioningContext): Filter {
  const { allowsModes, allowsObjectVersioning, log, app } = parts;
  if (allowsModes === undefined && !allowsObjectVersioning) return (next) => next;
  const acts = allowsModes === true || allowsObjectVersioning;
  const capabilities = {
    ...(allowsModes ? MODES : {}),
    ...(allowsObjectVersioning ? { object_versioning: {} } : {}),
  };
  return (next) => {
    const settings = new PolicyCache(next, parts.cache, app.power, log, parts);
    const whole: Handler = (request) => handler(request);
    const objects = allowsObjectVersioning
      ? new VersionedObjects(next, whole, settings, parts)
      : undefined;
    const writer = new ObjectWriter(next, settings, parts, objects?.writer);
    const listing = hideUnfinished(next);
    const withIds = allowsObjectVersioning
      ? new VersionedContainers(listing, app.power)
      : undefined;
    const containers = new ContainerRequests(listing, settings, withIds, parts);
    const handler: Handler = async (given) => {
      if (acts && isS3Write(given)) return refuseS3();
      const target = parseTarget(given.path);
      if (target === undefined) return acts ? nowhere(given) : next(given);
      const reason = acts && isApi(target) ? whyUnclear(given) : undefined;
      if (reason !== undefined) return textResponse(400, reason);
      try {
        const request = allowsObjectVersioning
          ? await hideVersions(given, target, whole, app)
          : given;
        return 'status' in request ? request : await routed(request, target);
      } catch (error) {
        return errorResponse(error, given, app.power, log);
      }
    };

    /** What names nothing here may still be a bypass to the store, which then looks for names elsewhere. */
    const nowhere = (request: Request): Promise<Response> => {
      const bypass = /^\/v1(\.0)?\//.test(unquote(request.path)) && bypassOf(request, app.power);
      return bypass ? Promise.resolve(refuseNowhere(bypass)) : next(request);
    };

    const routed = async (request: Request, target: Target): Promise<Response> => {
      const bypass = bypassOf(request, app.power);
      if (bypass) return acts ? checkedBypass(request, target, bypass) : next(request);
      if (isContainer(target)) return containers.handle(request, target);
      if (objects && isObject(target))
        return objects.handle(request, target, (own) => versionedRequest(own, target));
      if (allowsObjectVersioning && isAccount(target) && request.method === 'GET')
        return listAccount(request, target, next);
      return acts ? versionedRequest(request, target) : next(request);
    };

    const versionedRequest = async (given: Request, target: Target): Promise<Response> => {
      const written = writtenBy(given, target) ?? changedBy(given, target);
      if (!written) return next(given);
      const request = asSigned(given);
      if (!isMultipartDelete(request)) return writer.handle(request, written);
      return checked(
        target,
        async (going) =>
          (await multipartDelete(request, written, {
            // what is deleted part by part goes by the settings of each
            settings: allowsObjectVersioning ? settings : going,
            handler,
            hides: allowsObjectVersioning,
          })) ?? request,
      );
    };

    const checkedBypass = (request: Request, target: Target, bypass: Bypass): Promise<Response> =>
      checked(target, (going) =>
        checkBypass(bypass, request, target, {
          settings: going,
          hides: allowsObjectVersioning,
          app,
        }),
      );

    /** The answer that a check finds, or else what the store makes of the request that it lets through. */
    const checked = async (
      target: Target,
      check: (going: PinnedPolicies) => Promise<Response | Request>,
    ): Promise<Response> => {
      const going = new PinnedPolicies(settings, parts.lockWait);
      try {
        const found = await check(going);
        return 'status' in found
          ? found
          : await forwardUnversioned(found, target, going.take(), next);
      } finally {
        going.end();
      }
    };
    return acts ? withInfo(handler, capabilities) : handler;
  };
}

/** Why the store might understand a request otherwise. */
function whyUnclear({ method, query, headers }: Request): string | undefined {
  if (isReadTwoWays(query))
    return 'A semicolon in the query ends a parameter to some, and to others does not\n';
  const unreadable = isReading(method) ? undefined : unreadableName(headers);
  return unreadable === undefined ? undefined : `The name in ${unreadable} is not UTF-8 text\n`;
}

function isAccount(target: Target): boolean {
  return isApi(target) && target.container === undefined;
}

const MODES = {
  versioned_writes: {
    allowed_flags: Object.values(MODE_HEADERS).map((name) => name.toLowerCase()),
  },
};
