import type { ExclusiveLease } from '../coordination/cache/cache';
import { CoordinationUnavailable } from '../util/errors';
import { destroy, drain } from '../http/body';
import type { Right } from '../swift_api/authority/authority';
import { type Headers } from '../http/headers';
import { textResponse, type Handler, type Request, type Response } from '../swift_api/message';
import { type ContainerTarget } from '../swift_api/target';
import { rightToChange } from '../swift_api/authority/shown_right';
import { LockTimeout } from '../coordination/locks/locker';
import { LockName } from '../coordination/locks/lock_names';
import { StoreError } from '../util/store_error';
import { type PolicyCache } from './policy';
import {
  touchesObjectVersioning,
  CONFLICTING_MODES,
  type VersionedContainers,
} from './object_versioning/containers/containers';
import type { VersioningContext } from './context';
import { SwiftClient } from '../swift_api/client';
import type { ContainerCall } from './calls';
import { X_VERSIONS_ENABLED } from '../swift_api/header_names';
import {
  changesSetting,
  MODE_HEADERS,
  readSetting,
  setsMode,
  translateSetting,
} from './policy_headers';

/**
 * Handles requests for containers: changes their policies one at a time, and presents
 * settings in the API's own headers.
 */
export class ContainerRequests {
  constructor(
    private readonly next: Handler,
    private readonly policies: PolicyCache,
    /** Undefined if X-Versions-Enabled is left to the store. */
    private readonly versioned: VersionedContainers | undefined,
    private readonly options: Pick<
      VersioningContext,
      'allow_versioned_writes' | 'locker' | 'lock_wait'
    >,
  ) {}

  async handle(call: ContainerCall): Promise<Response> {
    const { request, target } = call;
    const { versioned, next } = this;
    if (request.method === 'GET' || request.method === 'HEAD') {
      const response = await (versioned ? versioned.handleRead(call) : next({ ...request }));
      return this.options.allow_versioned_writes === undefined
        ? response
        : presentSetting(response);
    }
    // requests in the service user's name change no settings
    const isClientChange =
      ['PUT', 'POST', 'DELETE'].includes(request.method) && request.authority === 'client';
    if (!isClientChange) return next(request);
    const setting = this.translate(request);
    if (setting && 'status' in setting) return setting;
    if (!versioned || !(mayChangePolicy(request) || touchesObjectVersioning(request.headers)))
      return this.write(request, target, setting, undefined);
    const name = LockName.ofContainer(target);
    const right = await requestRight(next, request, target);
    if ('status' in right) return right;
    const { locker, lock_wait } = this.options;
    const lock = await beforeAnyChange(() => locker.acquire(name, lock_wait, request.signal));
    return this.write(request, target, setting, right).finally(lock.release);
  }

  /**
   * Returns the headers of a request with its mode setting translated, or the refusal;
   * undefined if it makes no setting, or if the headers pass through.
   */
  private translate(request: Request): Headers | Response | undefined {
    const { allow_versioned_writes: allowed } = this.options;
    return allowed !== undefined && changesSetting(request.headers)
      ? translateSetting(request, allowed)
      : undefined;
  }

  /**
   * @param setting the request's headers with its setting translated, if it makes one
   * @param right set if the client is known to have the right to change the container
   */
  private async write(
    request: Request,
    target: ContainerTarget,
    setting: Headers | undefined,
    right: Right | undefined,
  ): Promise<Response> {
    const { policies, next, versioned } = this;
    let translated = request;
    if (setting) {
      const checkedRight = right ?? (await requestRight(next, request, target));
      if ('status' in checkedRight) return checkedRight;
      const policy = await policies.fetch(request, target);
      if (policy.kind !== 'native') translated = { ...request, headers: setting };
      else if (policy.withIds && setsMode(request.headers))
        return textResponse(400, CONFLICTING_MODES);
    }
    const deleted =
      request.method === 'DELETE' ? await this.checkDeletion(request, target, right) : 'plain';
    if (typeof deleted === 'object') return deleted;
    const change = right && (await versioned?.planChange(request, translated, target, right));
    if (change === undefined && !mayChangePolicy(request)) return next({ ...translated });
    if (change && 'status' in change) return change;
    const isSwitchedOn = setting !== undefined && setsMode(request.headers);
    // the store may execute it even if the client disconnects
    const detached = { ...translated, signal: new AbortController().signal };
    const isExclusive = change?.isExclusive ?? (isSwitchedOn || deleted === 'versioned');
    return this.applyChange(target, isExclusive, () =>
      change ? change.apply(detached) : next(detached),
    );
  }

  /**
   * Determines whether a container to be deleted keeps versions in a mode. A concurrent
   * write would recreate it without its setting, since a store accepts objects into a
   * container that was just deleted.
   *
   * @returns the refusal if the client may not delete it
   */
  private async checkDeletion(
    request: Request,
    target: ContainerTarget,
    right: Right | undefined,
  ): Promise<'versioned' | 'plain' | Response> {
    if (this.options.allow_versioned_writes !== true) return 'plain';
    const checkedRight = right ?? (await requestRight(this.next, request, target));
    if ('status' in checkedRight) return checkedRight;
    const { kind } = await this.policies.fetch(request, target);
    return kind === 'versioned' ? 'versioned' : 'plain';
  }

  /** Makes a change. If exclusive, waits for earlier writes, which make no versions. */
  private async applyChange(
    target: ContainerTarget,
    isExclusive: boolean,
    make: () => Promise<Response>,
  ): Promise<Response> {
    const { policies } = this;
    const lease = await beforeAnyChange(async (): Promise<ExclusiveLease> => {
      if (isExclusive) return policies.acquireExclusive(target);
      await policies.invalidate(target);
      return { release: () => policies.invalidate(target) };
    });
    return makeChange(lease, make);
  }
}

/**
 * Checks a client's right to change a container by a POST that changes nothing; returns
 * the store's response if it refuses that. Only a client with this right may learn the
 * policy, and hold up the writes of others.
 */
async function requestRight(
  next: Handler,
  request: Request,
  target: ContainerTarget,
): Promise<Right | Response> {
  const probe = new SwiftClient(next, request).request('POST', target);
  const response = await next(probe);
  if (response.status === 401 || response.status === 403) return response;
  await drain(response.body);
  const right = rightToChange(probe, response);
  if (right) return right;
  throw new StoreError(
    'unavailable',
    `could not check the right to change the container: the store answered ${response.status}`,
    response.status,
  );
}

/** @throws CoordinationUnavailable ("nothing was changed") if `acquire` fails */
async function beforeAnyChange<T>(acquire: () => Promise<T>): Promise<T> {
  try {
    return await acquire();
  } catch (error) {
    if (error instanceof CoordinationUnavailable || error instanceof LockTimeout)
      throw new CoordinationUnavailable(`nothing was changed: ${error.message}`);
    throw error;
  }
}

/** Makes a change; then, even if it failed, releases the lease and invalidates caches. */
async function makeChange(lease: ExclusiveLease, make: () => Promise<Response>): Promise<Response> {
  let response: Response;
  try {
    response = await make();
  } catch (error) {
    // the client gets the first error; it is a 503 either way
    await lease.release().catch(() => undefined);
    throw error;
  }
  try {
    await lease.release();
    return response;
  } catch (error) {
    destroy(response.body);
    if (!(error instanceof CoordinationUnavailable)) throw error;
    throw new CoordinationUnavailable(
      `the store answered ${response.status}, but not every proxy could be notified, retry: ${error.message}`,
    );
  }
}

/** Whether a request may change a policy. Creation does not: absence is never cached. */
function mayChangePolicy({ method, headers }: Request): boolean {
  return method === 'DELETE' || changesSetting(headers) || headers.has(X_VERSIONS_ENABLED);
}

/** Returns a container's response with its setting in the API's own header. */
function presentSetting(response: Response): Response {
  const setting = readSetting(response.headers);
  if (!setting || Object.values(MODE_HEADERS).some((name) => response.headers.has(name)))
    return response;
  return {
    ...response,
    headers: response.headers.with(MODE_HEADERS[setting.mode], setting.location),
  };
}
