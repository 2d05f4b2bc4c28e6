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
import {
  changesSetting,
  MODE_HEADERS,
  readSetting,
  setsMode,
  translateSetting,
  type PolicyCache,
} from './policy';
import {
  touchesObjectVersioning,
  TWO_WAYS,
  type VersionedContainers,
} from './object_versioning/containers/containers';
import type { VersioningContext } from './context';
import { SwiftClient } from '../swift_api/client';
import { ContainerCall } from './calls';

/** Requests for containers: what is in force on them is changed by one after the other, and shown in the API's own headers. */
export class ContainerRequests {
  constructor(
    private readonly next: Handler,
    private readonly settings: PolicyCache,
    /** Not there where X-Versions-Enabled is left to the store. */
    private readonly withIds: VersionedContainers | undefined,
    private readonly parts: Pick<VersioningContext, 'allowsModes' | 'locker' | 'lockWait'>,
  ) {}

  async handle(call: ContainerCall): Promise<Response> {
    const { request, target } = call;
    const { withIds, next } = this;
    if (request.method === 'GET' || request.method === 'HEAD') {
      const response = await (withIds ? withIds.show(call) : next({ ...request }));
      return this.parts.allowsModes === undefined ? response : shown(response);
    }
    // what is asked in the service user's name makes no settings
    const changes =
      ['PUT', 'POST', 'DELETE'].includes(request.method) && request.authority === 'client';
    if (!changes) return next(request);
    const setting = this.settingOf(request);
    if (setting && 'status' in setting) return setting;
    if (!withIds || !(mayChangeWhatIsInForce(request) || touchesObjectVersioning(request.headers)))
      return this.write(request, target, setting, undefined);
    const name = LockName.ofContainer(target);
    const right = await rightBy(next, request, target);
    if ('status' in right) return right;
    const { locker, lockWait } = this.parts;
    const lock = await beforeAnyChange(() => locker.acquire(name, lockWait, request.signal));
    return this.write(request, target, setting, right).finally(lock.release);
  }

  /** The setting that a request makes in one of the two modes, or its refusal; undefined if it makes none, or its headers pass. */
  private settingOf(request: Request): Headers | Response | undefined {
    const { allowsModes } = this.parts;
    return allowsModes !== undefined && changesSetting(request.headers)
      ? translateSetting(request, allowsModes)
      : undefined;
  }

  /**
   * @param setting the request's headers with the setting that it makes, if it does
   * @param right there if it is known that the client may change the container
   */
  private async write(
    request: Request,
    target: ContainerTarget,
    setting: Headers | undefined,
    right: Right | undefined,
  ): Promise<Response> {
    const { settings, next, withIds } = this;
    let own = request;
    if (setting) {
      const established = right ?? (await rightBy(next, request, target));
      if ('status' in established) return established;
      const inForce = await settings.fetch(request, target);
      if (inForce.kind !== 'native') own = { ...request, headers: setting };
      else if (inForce.withIds && setsMode(request.headers)) return textResponse(400, TWO_WAYS);
    }
    const removed =
      request.method === 'DELETE' ? await this.removal(request, target, right) : 'plain';
    if (typeof removed === 'object') return removed;
    const change = right && (await withIds?.change(request, own, target, right));
    if (change === undefined && !mayChangeWhatIsInForce(request)) return next({ ...own });
    if (change && 'status' in change) return change;
    const isSwitchedOn = setting !== undefined && setsMode(request.headers);
    // the store may do it also where its client has left
    const detached = { ...own, signal: new AbortController().signal };
    const isExclusive = change?.isExclusive ?? (isSwitchedOn || removed === 'versioned');
    return this.changed(target, isExclusive, () =>
      change ? change.make(detached) : next(detached),
    );
  }

  /**
   * Whether a container that is deleted keeps versions in a mode: a write that goes on meanwhile would bring it back
   * without its setting, since a store keeps what comes into a container that has just gone.
   *
   * @returns the refusal of a client that may not delete it
   */
  private async removal(
    request: Request,
    target: ContainerTarget,
    right: Right | undefined,
  ): Promise<'versioned' | 'plain' | Response> {
    if (this.parts.allowsModes !== true) return 'plain';
    const established = right ?? (await rightBy(this.next, request, target));
    if ('status' in established) return established;
    const { kind } = await this.settings.fetch(request, target);
    return kind === 'versioned' ? 'versioned' : 'plain';
  }

  /** Only where versions are switched on, or go, does a write that began before matter: it would keep nothing. */
  private async changed(
    target: ContainerTarget,
    isExclusive: boolean,
    make: () => Promise<Response>,
  ): Promise<Response> {
    const { settings } = this;
    const change = await beforeAnyChange(async (): Promise<ExclusiveLease> => {
      if (isExclusive) return settings.acquireExclusive(target);
      await settings.invalidate(target);
      return { release: () => settings.invalidate(target) };
    });
    return makeChange(change, make);
  }
}

/**
 * A client may learn what is in force on a container, and hold up the writes of others to it, only where it may change that: what the store
 * refuses it in a request that changes nothing is its answer.
 */
async function rightBy(
  next: Handler,
  request: Request,
  target: ContainerTarget,
): Promise<Right | Response> {
  const asked = new SwiftClient(next, request).request('POST', target);
  const response = await next(asked);
  if (response.status === 401 || response.status === 403) return response;
  await drain(response.body);
  const right = rightToChange(asked, response);
  if (right) return right;
  throw new StoreError(
    'unavailable',
    `whether the container may be changed is not known: the store answered ${response.status}`,
    response.status,
  );
}

/** @throws CoordinationUnavailable, which says that nothing was changed, if others hold what is needed */
async function beforeAnyChange<T>(acquire: () => Promise<T>): Promise<T> {
  try {
    return await acquire();
  } catch (error) {
    if (error instanceof CoordinationUnavailable || error instanceof LockTimeout)
      throw new CoordinationUnavailable(`nothing was changed: ${error.message}`);
    throw error;
  }
}

/** Makes a change, and has everybody forget what was in force once it is over, however it ended. */
async function makeChange(
  change: ExclusiveLease,
  make: () => Promise<Response>,
): Promise<Response> {
  let response: Response;
  try {
    response = await make();
  } catch (error) {
    // its cause is what the client is told, and 503 in any case
    await change.release().catch(() => undefined);
    throw error;
  }
  try {
    await change.release();
    return response;
  } catch (error) {
    destroy(response.body);
    if (!(error instanceof CoordinationUnavailable)) throw error;
    throw new CoordinationUnavailable(
      `the store answered ${response.status}, but not every proxy could be told, so ask again: ${error.message}`,
    );
  }
}

/** A container that is new was not in force before: that there is none is never remembered. */
function mayChangeWhatIsInForce({ method, headers }: Request): boolean {
  return method === 'DELETE' || changesSetting(headers) || headers.has('x-versions-enabled');
}

/** A container's answer with its setting in the API's own header. */
function shown(response: Response): Response {
  const setting = readSetting(response.headers);
  if (!setting || Object.values(MODE_HEADERS).some((name) => response.headers.has(name)))
    return response;
  return {
    ...response,
    headers: response.headers.with(MODE_HEADERS[setting.mode], setting.location),
  };
}
