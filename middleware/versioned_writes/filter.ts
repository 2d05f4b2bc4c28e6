import type { Cache, Change } from '../../src/caches/cache';
import { CoordinationUnavailable } from '../../src/errors';
import { destroy, drain } from '../../src/http/body';
import { credentials } from '../../src/http/headers';
import { withInfo } from '../../src/info';
import {
  subrequest,
  textResponse,
  type Filter,
  type Handler,
  type Request,
  type Response,
} from '../../src/http/message';
import {
  formatTarget,
  isContainer,
  parseTarget,
  type ContainerTarget,
  type Target,
} from '../../src/http/path';
import { changedBy, writtenBy } from '../../src/http/written';
import { LockTimeout, type Locker } from '../../src/lockers/locker';
import type { Log } from '../../src/log';
import type { FilterContext } from '../../src/plugin';
import { StoreError } from '../../src/stores/error';
import { ObjectWriter } from './object';
import { asSigned, bypassOf, checkBypass, isS3Write, refuseS3, type Bypass } from './bypasses';
import { isMultipartDelete, multipartDelete } from './multipart_delete';
import { answerTo, unavailable } from './failures';
import {
  changesSetting,
  MODE_HEADERS,
  readSetting,
  setsMode,
  Settings,
  translateSetting,
  type InForce,
} from './settings';
import { Going, letThrough } from './unversioned';

export interface VersionedWritesParts {
  /** Undefined: everything passes, as in Swift. */
  readonly allowed: boolean | undefined;
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
  const { allowed, log } = parts;
  if (allowed === undefined) return (next) => next;
  return (next) => {
    const settings = new Settings(next, parts.cache, parts.app.authority, log);
    const writer = new ObjectWriter(next, settings, parts);
    const handler: Handler = async (request) => {
      if (allowed && isS3Write(request)) return refuseS3();
      const target = parseTarget(request.path);
      if (target === undefined) return next(request);
      const bypass = bypassOf(request, parts.app.authority);
      try {
        if (isContainer(target) && !bypass)
          return await containerRequest(request, target, next, settings, allowed);
        return await (allowed ? versionedRequest(request, target, bypass) : next(request));
      } catch (error) {
        return answerTo(error, request, parts.app.authority, log);
      }
    };

    const versionedRequest = async (
      given: Request,
      target: Target,
      bypass: Bypass | undefined,
    ): Promise<Response> => {
      if (bypass) return checked(target, (going) => checkBypass(bypass, given, target, going));
      const written = writtenBy(given, target) ?? changedBy(given, target);
      if (!written) return next(given);
      const request = asSigned(given);
      if (!isMultipartDelete(request)) return writer.handle(request, written);
      return checked(
        target,
        async (going) => (await multipartDelete(request, written, going, next, handler)) ?? request,
      );
    };

    /** The answer that a check finds, or else what the store makes of the request that it lets through. */
    const checked = async (
      target: Target,
      check: (going: Going) => Promise<Response | Request>,
    ): Promise<Response> => {
      const going = new Going(settings, parts.lockWait);
      try {
        const found = await check(going);
        return 'status' in found ? found : await letThrough(found, target, going.take(), next);
      } finally {
        going.end();
      }
    };
    return allowed ? withInfo(handler, CAPABILITIES) : handler;
  };
}

const CAPABILITIES = {
  versioned_writes: { allowed_flags: Object.values(MODE_HEADERS).map((name) => name.toLowerCase()) },
};

async function containerRequest(
  request: Request,
  target: ContainerTarget,
  next: Handler,
  settings: Settings,
  allowed: boolean,
): Promise<Response> {
  if (request.method === 'GET' || request.method === 'HEAD') return shown(await next({ ...request }));
  if (!['PUT', 'POST', 'DELETE'].includes(request.method)) return next(request);
  let own = request;
  if (changesSetting(request.headers)) {
    const headers = translateSetting(request, allowed);
    if ('status' in headers) return headers;
    const refused = await refusedBy(next, request, target);
    if (refused) return refused;
    const inForce = await settings.inForceNow(request, target);
    if (inForce.kind !== 'native') own = { ...request, headers };
    else if (inForce.withIds && setsMode(request.headers)) return textResponse(400, TWO_WAYS);
  }
  if (!mayChangeWhatIsInForce(request)) return next({ ...own });
  let change: Change;
  try {
    change = await begin(request, target, settings);
  } catch (error) {
    if (!(error instanceof CoordinationUnavailable) && !(error instanceof LockTimeout)) throw error;
    return unavailable(`nothing was changed: ${error.message}`);
  }
  // the store may do it also where its client has left
  return carriedOut(change, () => next({ ...own, signal: new AbortController().signal }));
}

/**
 * A client may learn what is in force on a container, and hold up the writes of others to it, only where it may change that: what the store
 * refuses it in a request that changes nothing is its answer.
 */
async function refusedBy(
  next: Handler,
  request: Request,
  target: ContainerTarget,
): Promise<Response | undefined> {
  const headers = credentials(request.headers);
  const response = await next(subrequest(request, { method: 'POST', path: formatTarget(target), headers }));
  if (response.status === 401 || response.status === 403) return response;
  await drain(response.body);
  if (response.status < 500) return undefined;
  throw new StoreError(
    'unavailable',
    `whether the container may be changed is not known: the store answered ${response.status}`,
    response.status,
  );
}

/** Only where versions are switched on does a write that began before matter: it would keep nothing. */
async function begin(request: Request, target: ContainerTarget, settings: Settings): Promise<Change> {
  if (setsMode(request.headers)) return settings.change(target);
  await settings.drop(target);
  return { over: () => settings.drop(target) };
}

/** Makes a change, and has everybody forget what was in force once it is over, however it ended. */
async function carriedOut(change: Change, make: () => Promise<Response>): Promise<Response> {
  let response: Response;
  try {
    response = await make();
  } catch (error) {
    // its cause is what the client is told, and 503 in any case
    await change.over().catch(() => undefined);
    throw error;
  }
  try {
    await change.over();
    return response;
  } catch (error) {
    destroy(response.body);
    if (!(error instanceof CoordinationUnavailable)) throw error;
    return unavailable(
      `the store answered ${response.status}, but not every proxy could be told, so ask again: ${error.message}`,
    );
  }
}

/** A container that is new was not in force before: that there is none is never remembered. */
function mayChangeWhatIsInForce({ method, headers }: Request): boolean {
  return method === 'DELETE' || changesSetting(headers) || headers.has('x-versions-enabled');
}

const TWO_WAYS =
  'A container with X-Versions-Enabled cannot have X-Versions-Location or X-History-Location as well\n';

/** A container's answer with its setting in the API's own header. */
function shown(response: Response): Response {
  const setting = readSetting(response.headers);
  if (!setting || Object.values(MODE_HEADERS).some((name) => response.headers.has(name))) return response;
  return { ...response, headers: response.headers.with(MODE_HEADERS[setting.mode], setting.location) };
}
