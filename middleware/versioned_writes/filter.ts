import type { Cache } from '../../src/caches/cache';
import { CoordinationUnavailable } from '../../src/errors';
import { withInfo } from '../../src/http/info';
import type { Filter, Handler, Request, Response } from '../../src/http/message';
import { isApi, isContainer, isObject, parseTarget, type Target } from '../../src/http/path';
import { changedBy, writtenBy } from '../../src/http/written';
import { LockTimeout, type Locker } from '../../src/lockers/locker';
import type { Log } from '../../src/log';
import type { FilterContext } from '../../src/plugin';
import { ObjectWriter } from './object';
import { asSigned, bypassOf, checkBypass, isS3Write, refuseS3 } from './bypasses';
import { ContainerRequests } from './containers';
import { isMultipartDelete, multipartDelete } from './multipart_delete';
import { MODE_HEADERS, Settings, type InForce } from './settings';
import { unavailable } from './unavailable';
import { Going, letThrough } from './unversioned';
import { listAccount } from './with_ids/accounts';
import { ContainersWithIds } from './with_ids/containers';
import { hidingVersions } from './with_ids/hidden';
import { ObjectsWithIds } from './with_ids/objects';

export interface VersionedWritesParts {
  /** Whether the two modes may be switched on and are acted upon. Undefined: their headers pass, as in Swift. */
  readonly allowed: boolean | undefined;
  /** Whether X-Versions-Enabled is. Otherwise it passes, for a store that knows it. */
  readonly allowedWithIds: boolean;
  /** Milliseconds that a write waits for the writes to the same object before it. */
  readonly lockWait: number;
  /** Milliseconds in which 64 KiB of a body must come that is received while its object is locked. */
  readonly stallTime: number;
  readonly cache: Cache<InForce>;
  readonly locker: Locker;
  readonly app: FilterContext['app'];
  readonly log: Log;
}

/**
 * A request that versions do not concern goes to `next` as it came, the same object; all others go there as new requests.
 */
export function versionedWritesFilter(parts: VersionedWritesParts): Filter {
  const { allowed, allowedWithIds, log, app } = parts;
  if (allowed === undefined && !allowedWithIds) return (next) => next;
  const acts = allowed === true || allowedWithIds;
  const capabilities = { ...(allowed ? MODES : {}), ...(allowedWithIds ? { object_versioning: {} } : {}) };
  return (next) => {
    const settings = new Settings(next, parts.cache, app.authority, log, parts);
    const whole: Handler = (request) => handler(request);
    const objects = allowedWithIds ? new ObjectsWithIds(next, whole, settings, parts) : undefined;
    const writer = new ObjectWriter(next, settings, parts, objects?.writer);
    const withIds = allowedWithIds ? new ContainersWithIds(next, app.authority) : undefined;
    const containers = new ContainerRequests(next, settings, withIds, parts);
    const handler: Handler = async (given) => {
      if (acts && isS3Write(given)) return refuseS3();
      const target = parseTarget(given.path);
      if (target === undefined) return next(given);
      const request = allowedWithIds ? await hidingVersions(given, target) : given;
      if ('status' in request) return request;
      const isBypass = bypassOf(request, app.authority) !== undefined;
      if (isContainer(target) && !isBypass) return containers.handle(request, target);
      if (objects && isObject(target) && !isBypass)
        return objects.handle(request, target, (own) => versionedRequest(own, target));
      if (allowedWithIds && isAccount(target) && request.method === 'GET')
        return listAccount(request, target, next);
      return acts ? versionedRequest(request, target) : next(request);
    };

    const versionedRequest = async (given: Request, target: Target): Promise<Response> => {
      const bypass = bypassOf(given, parts.app.authority);
      const written = bypass ? undefined : (writtenBy(given, target) ?? changedBy(given, target));
      if (!written && !bypass) return next(given);
      const request = bypass ? given : asSigned(given);
      if (written && !isMultipartDelete(request)) return writer.handle(request, written);
      const going = new Going(settings, parts.lockWait);
      try {
        const checked = written
          ? ((await multipartDelete(request, written, going, handler)) ?? request)
          : bypass
            ? await checkBypass(bypass, request, target, going)
            : request;
        return 'status' in checked ? checked : await letThrough(checked, target, going.take(), next);
      } catch (error) {
        if (!(error instanceof CoordinationUnavailable) && !(error instanceof LockTimeout)) throw error;
        return unavailable(error.message);
      } finally {
        going.end();
      }
    };
    return acts ? withInfo(handler, capabilities) : handler;
  };
}

function isAccount(target: Target): boolean {
  return isApi(target) && target.container === undefined;
}

const MODES = {
  versioned_writes: { allowed_flags: Object.values(MODE_HEADERS).map((name) => name.toLowerCase()) },
};
