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

/** The headers of the API, one for each mode. */
export const MODE_HEADERS: Readonly<Record<Mode, string>> = {
  stack: 'X-Versions-Location',
  history: 'X-History-Location',
};
const REMOVE_HEADERS = ['X-Remove-Versions-Location', 'X-Remove-History-Location'];
const SETTING_HEADERS = [...Object.values(MODE_HEADERS), ...REMOVE_HEADERS];

/** A container's setting as its client made it. */
export interface ModeSetting {
  readonly mode: Mode;
  /** The header's value as it came: the archive container's name, as a rule URL-encoded. */
  readonly location: ByteString;
}

/**
 * What holds for the objects of a container: nothing; versions by the store itself, with ids (X-Versions-Enabled) or in a mode
 * of the two; or versions by this proxy, in a mode of the two, or with ids, which once switched on are never forgotten.
 */
export type VersioningPolicy =
  | { readonly kind: 'plain' }
  | { readonly kind: 'native'; readonly withIds: boolean }
  | { readonly kind: 'versioned'; readonly mode: Mode; readonly archive: ByteString }
  | { readonly kind: 'with-ids'; readonly enabled: boolean };

/** Whether writes to a container's objects are for this proxy to keep versions of, or may be. */
export function keepsVersions({ kind }: VersioningPolicy): boolean {
  return kind === 'versioned' || kind === 'with-ids';
}

const MODE_KEY = `${RESERVED_PREFIX}versions-mode`;
const ENABLED_KEY = `${RESERVED_PREFIX}versions-enabled`;
/** Switched off before it was ever on: a container says so, and is as any other. */
const NEVER = 'never';
const LOCATION_KEY = `${RESERVED_PREFIX}versions-location-`;
/** Swift takes 256 bytes in a value of metadata; an URL-encoded name can have three times as many. */
const PIECE = 250;
const MAX_PIECES = 6;

/** The setting that a container's headers tell of. */
export function readSetting(headers: Headers): ModeSetting | undefined {
  const mode = headers.get(MODE_KEY);
  if (mode !== 'stack' && mode !== 'history') return undefined;
  const pieces = Array.from(
    { length: MAX_PIECES },
    (_, i) => headers.get(LOCATION_KEY + String(i)) ?? '',
  );
  return { mode, location: unquote(pieces.join('')) };
}

/** Whether versions with ids are switched on, as a container's headers tell; undefined where nobody said. */
export function readEnabled(headers: Headers): boolean | undefined {
  const value = headers.get(ENABLED_KEY);
  return value === undefined ? undefined : value === 'true';
}

/** Whether versions with ids are switched on or ever were, so that objects may have ids. */
export function mayHaveIds(headers: Headers): boolean {
  return readEnabled(headers) !== undefined && headers.get(ENABLED_KEY) !== NEVER;
}

/**
 * The headers that keep on a container whether versions with ids are switched on.
 *
 * @param everWere whether they may have been before
 */
export function writeEnabled(enabled: boolean, everWere: boolean): Headers {
  return Headers.of({ [ENABLED_KEY]: enabled || everWere ? String(enabled) : NEVER });
}

/** The headers that keep a setting on a container, or that remove it. Values are encoded, so that they keep spaces and bytes. */
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

/** Whether a request would change a container's setting. */
export function changesSetting(headers: Headers): boolean {
  return SETTING_HEADERS.some((name) => headers.has(name));
}

/** Whether a request would switch one of the two modes on. */
export function setsMode(headers: Headers): boolean {
  return Object.values(MODE_HEADERS).some((name) => headers.get(name));
}

/**
 * The headers of a container request with its setting, as Swift reads it, turned into what is kept on the container; or the
 * refusal. Of both headers one may be blank and then the other counts; a blank value, or a remove header with any
 * value, removes; setting wins over removing.
 */
export function translateSetting(request: Request, allowed: boolean): Headers | Response {
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
    if (!allowed && ['PUT', 'POST'].includes(request.method))
      return textResponse(412, 'Versioned Writes is disabled');
    if (location.includes('/')) return textResponse(412, 'Container name cannot contain slashes');
    const kept = writeSetting({ mode: stack ? 'stack' : 'history', location });
    return kept
      ? rest.withAll(kept)
      : textResponse(412, 'The name of the archive container is too long');
  }
  const removing =
    stack === '' || history === '' || REMOVE_HEADERS.some((name) => headers.get(name));
  return removing ? rest.withAll(writeSetting(undefined) ?? Headers.none) : rest;
}

/** Which ways to keep versions are switched on in the configuration. */
export interface AllowedModes {
  /** `allow_versioned_writes`; if undefined, the headers of both modes pass, as in Swift. */
  readonly allowsModes: boolean | undefined;
  /** `allow_object_versioning`; if false, X-Versions-Enabled passes, for a store that knows it. */
  readonly allowsObjectVersioning: boolean;
}

/** Knows what is in force on containers, from the containers themselves, and remembers it for a while. */
export class PolicyCache {
  constructor(
    private readonly next: Handler,
    private readonly cache: Cache<VersioningPolicy>,
    private readonly power: Power,
    private readonly log: Log,
    /** Which ways to keep versions are acted upon; what there is of others is as nothing. */
    private readonly acting: AllowedModes,
  ) {}

  /**
   * What is in force on a container; `plain` where there is no such container.
   *
   * @param request on whose behalf it is asked
   * @throws StoreError where the store does not tell: a write must not go on then
   */
  async get(request: Request, container: ContainerTarget): Promise<VersioningPolicy> {
    const found = await this.cache.load(containerPath(container), () =>
      this.look(request, container),
    );
    return found ?? { kind: 'plain' };
  }

  /** The same, asked of the store now. */
  async fetch(request: Request, container: ContainerTarget): Promise<VersioningPolicy> {
    return (await this.look(request, container)) ?? { kind: 'plain' };
  }

  /**
   * The same for a write that goes by it: until that has ended nothing is switched on, in no process; and while something is, this waits.
   *
   * @param wait milliseconds to wait at most
   * @throws LockTimeout when the wait is over
   */
  acquireShared(
    request: Request,
    container: ContainerTarget,
    wait: number,
  ): Promise<SharedLease<VersioningPolicy>> {
    return this.cache.acquireShared(
      containerPath(container),
      () => this.look(request, container),
      wait,
      request.signal,
    );
  }

  /** Begins a change that may switch versions on; waits for the writes that began before. */
  acquireExclusive(container: ContainerTarget): Promise<ExclusiveLease> {
    return this.cache.acquireExclusive(containerPath(container));
  }

  /** To be called before and after a request that may change what is in force. */
  invalidate(container: ContainerTarget): Promise<void> {
    return this.cache.invalidate(containerPath(container));
  }

  private async look(
    request: Request,
    { version, account, container }: ContainerTarget,
  ): Promise<VersioningPolicy | undefined> {
    const target = { version, account, container };
    const authority = this.power === 'client' ? request.authority : lookAtHeaders(target);
    const response = await new SwiftClient(this.next, request, authority).head(target);
    if (response.status < 300) return this.judge(response.headers, container);
    if (response.status === 404) return undefined;
    throw storeErrorOf(
      response,
      `could not read whether the container ${toText(container)} is versioned`,
    );
  }

  private judge(headers: Headers, container: ByteString): VersioningPolicy {
    const withIds = isTrueValue(headers.get('x-versions-enabled'));
    if (withIds || Object.values(MODE_HEADERS).some((name) => headers.has(name))) {
      this.log.info(
        { container: toText(container) },
        'the store itself versions this container, so it is left to the store',
      );
      return { kind: 'native', withIds };
    }
    if (mayHaveIds(headers) && this.acting.allowsObjectVersioning)
      return { kind: 'with-ids', enabled: readEnabled(headers) === true };
    const setting = readSetting(headers);
    if (setting === undefined || !this.acting.allowsModes) return { kind: 'plain' };
    const archive = unquote(setting.location).split('/')[0] ?? '';
    return { kind: 'versioned', mode: setting.mode, archive };
  }
}
