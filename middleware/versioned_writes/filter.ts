import type { Cache } from '../../src/caches/cache';
import { CoordinationUnavailable } from '../../src/errors';
import { destroy } from '../../src/http/body';
import { withInfo } from '../../src/http/info';
import { textResponse, type Filter, type Handler, type Request, type Response } from '../../src/http/message';
import { isContainer, parseTarget, type ContainerTarget, type Target } from '../../src/http/path';
import { changedBy, writtenBy } from '../../src/http/written';
import type { Locker } from '../../src/lockers/locker';
import type { Log } from '../../src/log';
import type { FilterContext } from '../../src/plugin';
import { ObjectWriter, unavailable } from './object';
import { asSigned, bypassOf, checkBypass, isS3Write, refuseS3 } from './bypasses';
import { isMultipartDelete, multipartDelete } from './multipart_delete';
import {
  changesSetting,
  MODE_HEADERS,
  readSetting,
  setsMode,
  Settings,
  translateSetting,
  type InForce,
} from './settings';

export interface VersionedWritesParts {
  /** Undefined: everything passes, as in Swift. */
  readonly allowed: boolean | undefined;
  /** Milliseconds that a write waits for the writes to the same object before it. */
  readonly lockWait: number;
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
      if (isContainer(target) && !bypassOf(request, parts.app.authority))
        return containerRequest(request, target, next, settings, allowed);
      return allowed ? versionedRequest(request, target) : next(request);
    };

    const versionedRequest = async (given: Request, target: Target): Promise<Response> => {
      const bypass = bypassOf(given, parts.app.authority);
      if (bypass) {
        const checked = await checkBypass(bypass, given, target, settings);
        return 'status' in checked ? checked : next(checked);
      }
      const written = writtenBy(given, target) ?? changedBy(given, target);
      if (!written) return next(given);
      const request = asSigned(given);
      if (isMultipartDelete(request)) {
        return (await multipartDelete(request, written, settings, next, handler)) ?? next(request);
      }
      return writer.handle(request, written);
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
    const inForce = await settings.inForceNow(request, target);
    if (inForce.kind !== 'native') own = { ...request, headers };
    else if (inForce.withIds && setsMode(request.headers)) return textResponse(400, TWO_WAYS);
  }
  if (!mayChangeWhatIsInForce(request)) return next({ ...own });
  try {
    await settings.drop(target);
  } catch (error) {
    if (!(error instanceof CoordinationUnavailable)) throw error;
    return unavailable(`nothing was changed: ${error.message}`);
  }
  return forgetting(settings, target, () => next({ ...own }));
}

/** Has everybody forget what was in force once a change is over, however it ended. */
async function forgetting(
  settings: Settings,
  target: ContainerTarget,
  change: () => Promise<Response>,
): Promise<Response> {
  const drop = () => settings.drop(target);
  let response: Response;
  try {
    response = await change();
  } catch (error) {
    // its cause is what the client is told, and 503 in any case
    await drop().catch(() => undefined);
    throw error;
  }
  try {
    await drop();
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
