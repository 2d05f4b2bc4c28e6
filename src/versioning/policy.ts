import type { Cache, ExclusiveLease, SharedLease } from '../coordination/cache/cache';
import type { Mode } from './archive/plan';
import { isTrueValue, quote, toText, unquote, type ByteString } from '../http/bytes';
import { lookAtHeaders } from '../swift_api/authority/closed_list';
import type { Power } from '../swift_api/authority/authority';
import { Headers } from '../http/headers';
import { textResponse, type Handler, type Request, type Response } from '../swift_api/message';
import { type ContainerTarget } from '../swift_api/target';
import { containerPath } from '../coordination/locks/lock_names';
import type { Log } from '../util/log';
import { RESERVED_PREFIX } from '../swift_api/reserved';
import { SwiftClient, storeErrorOf } from '../swift_api/client';
import { X_VERSIONS_ENABLED } from '../swift_api/header_names';

/** The header that switches on each mode. */
export const MODE_HEADERS: Readonly<Record<Mode, string>> = {
  stack: 'X-Versions-Location',
  history: 'X-History-Location',
};
const REMOVE_HEADERS = ['X-Remove-Versions-Location', 'X-Remove-History-Location'];
const SETTING_HEADERS = [...Object.values(MODE_HEADERS), ...REMOVE_HEADERS];

/** A container's mode setting, as its client made it. */
export interface ModeSetting {
  readonly mode: Mode;
  /** The header's value as sent: the archive container's name, usually URL-encoded. */
  readonly location: ByteString;
}

/**
 * How the objects of a container are versioned:
 * - `plain`: not at all;
 * - `native`: by the store itself, with ids (X-Versions-Enabled) or in one of the two
 *   modes;
 * - `versioned`: by this proxy, in one of the two modes;
 * - `with-ids`: by this proxy, with ids; a container where these were ever on stays so.
 */
export type VersioningPolicy =
  | { readonly kind: 'plain' }
  | { readonly kind: 'native'; readonly withIds: boolean }
  | { readonly kind: 'versioned'; readonly mode: Mode; readonly archive: ByteString }
  | { readonly kind: 'with-ids'; readonly enabled: boolean };

/** Whether this proxy keeps versions of a container's objects, or may have to. */
export function keepsVersions({ kind }: VersioningPolicy): boolean {
  return kind === 'versioned' || kind === 'with-ids';
}

const MODE_KEY = `${RESERVED_PREFIX}versions-mode`;
const ENABLED_KEY = `${RESERVED_PREFIX}versions-enabled`;
/** Switched off before it was ever on: reported as off, otherwise like unversioned. */
const NEVER = 'never';
const LOCATION_KEY = `${RESERVED_PREFIX}versions-location-`;
/** Swift takes 256 bytes in a value; a URL-encoded name can have three times as many. */
const PIECE = 250;
const MAX_PIECES = 6;

/** Reads the mode setting from a container's headers. */
export function readSetting(headers: Headers): ModeSetting | undefined {
  const mode = headers.get(MODE_KEY);
  if (mode !== 'stack' && mode !== 'history') return undefined;
  const pieces = Array.from(
    { length: MAX_PIECES },
    (_, i) => headers.get(LOCATION_KEY + String(i)) ?? '',
  );
  return { mode, location: unquote(pieces.join('')) };
}

/** Whether a container's headers switch on versions with ids; undefined if never set. */
export function readEnabled(headers: Headers): boolean | undefined {
  const value = headers.get(ENABLED_KEY);
  return value === undefined ? undefined : value === 'true';
}

/** Whether versions with ids are or ever were on, so that objects may have ids. */
export function mayHaveIds(headers: Headers): boolean {
  return readEnabled(headers) !== undefined && headers.get(ENABLED_KEY) !== NEVER;
}

/**
 * Returns the headers that store on a container whether versions with ids are on.
 *
 * @param wasEverOn whether they may have been on before
 */
export function writeEnabled(enabled: boolean, wasEverOn: boolean): Headers {
  return Headers.of({ [ENABLED_KEY]: enabled || wasEverOn ? String(enabled) : NEVER });
}

/**
 * Returns the headers that store a setting on a container, or that remove it. Values are
 * encoded, so that spaces and all bytes are preserved. Undefined if the setting is too
 * long.
 */
function writeSetting(setting: ModeSetting | undefined): Headers | undefined {
  const encoded = setting ? quote(setting.location) : '';
  if (encoded.length > PIECE * MAX_PIECES) return undefined;
  const pieces = Array.from({ length: MAX_PIECES }, (_, i) => [
    LOCATION_KEY + String(i),
    encoded.slice(i * PIECE, (i + 1) * PIECE),
  ]);
  return Headers.of({
    [MODE_KEY]: setting?.mode ?? '',
    ...(Object.fromEntries(pieces) as Record<string, string>),
  });
}

/** Whether a request changes a container's mode setting. */
export function changesSetting(headers: Headers): boolean {
  return SETTING_HEADERS.some((name) => headers.has(name));
}

/** Whether a request switches on one of the two modes. */
export function setsMode(headers: Headers): boolean {
  return Object.values(MODE_HEADERS).some((name) => headers.get(name));
}

/**
 * Returns the headers of a container request with its setting, as Swift reads it,
 * replaced by the headers that store it on the container; or the refusal. If one of both
 * headers is blank the other counts; a blank value, or a remove header with any value,
 * removes the setting; setting wins over removing.
 */
export function translateSetting(request: Request, isAllowed: boolean): Headers | Response {
  const { headers } = request;
  const stack = headers.get(MODE_HEADERS.stack);
  const history = headers.get(MODE_HEADERS.history);
  const rest = headers.without(...SETTING_HEADERS);
  if (stack && history) {
    return textResponse(
      400,
      'Only one of x-versions-location or x-history-location may be specified',
    );
  }
  const location = stack || history;
  if (location) {
    if (!isAllowed && ['PUT', 'POST'].includes(request.method))
      return textResponse(412, 'Versioned Writes is disabled');
    if (location.includes('/')) return textResponse(412, 'Container name cannot contain slashes');
    const settingHeaders = writeSetting({ mode: stack ? 'stack' : 'history', location });
    return settingHeaders
      ? rest.withAll(settingHeaders)
      : textResponse(412, 'The name of the archive container is too long');
  }
  const isRemoval =
    stack === '' || history === '' || REMOVE_HEADERS.some((name) => headers.get(name));
  return isRemoval ? rest.withAll(writeSetting(undefined) ?? Headers.none) : rest;
}

/** Which ways of versioning the configuration switches on. */
export interface AllowedModes {
  /** `allow_versioned_writes`; if undefined, the modes' headers pass, as in Swift. */
  readonly allowsModes: boolean | undefined;
  /** `allow_object_versioning`; if false, X-Versions-Enabled passes to the store. */
  readonly allowsObjectVersioning: boolean;
}

/** Reads the versioning policies of containers from their headers, and caches them. */
export class PolicyCache {
  constructor(
    private readonly next: Handler,
    private readonly cache: Cache<VersioningPolicy>,
    private readonly power: Power,
    private readonly log: Log,
    /** The ways of versioning that are acted upon; settings of others are ignored. */
    private readonly allowed: AllowedModes,
  ) {}

  /**
   * Returns the policy of a container; `plain` if there is no such container.
   *
   * @param request on whose behalf the store is asked
   * @throws StoreError if the store does not answer: a write must not go on then
   */
  async get(request: Request, container: ContainerTarget): Promise<VersioningPolicy> {
    const policy = await this.cache.load(containerPath(container), () =>
      this.readPolicy(request, container),
    );
    return policy ?? { kind: 'plain' };
  }

  /** Reads the policy from the store, past the cache. */
  async fetch(request: Request, container: ContainerTarget): Promise<VersioningPolicy> {
    return (await this.readPolicy(request, container)) ?? { kind: 'plain' };
  }

  /**
   * Returns the policy for a write. Until its lease is released no process switches
   * versions on; waits while one does.
   *
   * @param wait max milliseconds to wait
   * @throws LockTimeout if the wait is over
   */
  acquireShared(
    request: Request,
    container: ContainerTarget,
    wait: number,
  ): Promise<SharedLease<VersioningPolicy>> {
    return this.cache.acquireShared(
      containerPath(container),
      () => this.readPolicy(request, container),
      wait,
      request.signal,
    );
  }

  /** Begins a change that may switch versions on; waits for earlier writes. */
  acquireExclusive(container: ContainerTarget): Promise<ExclusiveLease> {
    return this.cache.acquireExclusive(containerPath(container));
  }

  /** To be called before and after a request that may change the policy. */
  invalidate(container: ContainerTarget): Promise<void> {
    return this.cache.invalidate(containerPath(container));
  }

  private async readPolicy(
    request: Request,
    { version, account, container }: ContainerTarget,
  ): Promise<VersioningPolicy | undefined> {
    const target = { version, account, container };
    const authority = this.power === 'client' ? request.authority : lookAtHeaders(target);
    const response = await new SwiftClient(this.next, request, authority).head(target);
    if (response.status < 300) return this.policyFrom(response.headers, container);
    if (response.status === 404) return undefined;
    throw storeErrorOf(
      response,
      `could not read whether the container ${toText(container)} is versioned`,
    );
  }

  private policyFrom(headers: Headers, container: ByteString): VersioningPolicy {
    const withIds = isTrueValue(headers.get(X_VERSIONS_ENABLED));
    if (withIds || Object.values(MODE_HEADERS).some((name) => headers.has(name))) {
      this.log.info(
        { container: toText(container) },
        'the store itself versions this container, so requests for it pass through',
      );
      return { kind: 'native', withIds };
    }
    if (mayHaveIds(headers) && this.allowed.allowsObjectVersioning)
      return { kind: 'with-ids', enabled: readEnabled(headers) === true };
    const setting = readSetting(headers);
    if (setting === undefined || !this.allowed.allowsModes) return { kind: 'plain' };
    const archive = unquote(setting.location).split('/')[0] ?? '';
    return { kind: 'versioned', mode: setting.mode, archive };
  }
}
