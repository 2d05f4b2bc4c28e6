import type { Cache, ExclusiveLease, SharedLease } from '../coordination/cache/cache';
import type { Mode } from './archive/plan';
import { isTrueValue, toText, unquote, type ByteString } from '../http/bytes';
import { headersAuthority } from '../swift_api/authority/closed_list';
import type { Power } from '../swift_api/authority/authority';
import type { Headers } from '../http/headers';
import { type Handler, type Request } from '../swift_api/message';
import { type ContainerTarget } from '../swift_api/target';
import { LockTimeout } from '../coordination/locks/locker';
import { containerPath } from '../coordination/locks/lock_names';
import type { Log } from '../util/log';
import { SwiftClient, storeErrorOf } from '../swift_api/client';
import { X_VERSIONS_ENABLED } from '../swift_api/header_names';
import type { AllowedModes } from './options';
import { MODE_HEADERS, mayHaveIds, readEnabled, readSetting } from './policy_headers';

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

/** The settings of a container are being changed for longer than a write may wait. */
export class SettingsLocked extends Error {
  override readonly name = 'SettingsLocked';

  constructor({ container }: ContainerTarget) {
    super(
      `the settings of the container ${toText(container)} are being changed by another request; retry`,
    );
  }
}

const IDS_ARE_OFF =
  'this container has versions with ids, but allow_object_versioning is off: writes make no versions';

/** Whether this proxy keeps versions of a container's objects, or may have to. */
export function keepsVersions({ kind }: VersioningPolicy): boolean {
  return kind === 'versioned' || kind === 'with-ids';
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
   * @throws SettingsLocked if the wait is over
   */
  async acquireShared(
    request: Request,
    container: ContainerTarget,
    wait: number,
  ): Promise<SharedLease<VersioningPolicy>> {
    const read = () => this.readPolicy(request, container);
    try {
      return await this.cache.acquireShared(containerPath(container), read, wait, request.signal);
    } catch (error) {
      throw error instanceof LockTimeout ? new SettingsLocked(container) : error;
    }
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
    const authority = this.power === 'client' ? request.authority : headersAuthority(target);
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
    if (mayHaveIds(headers)) {
      if (this.allowed.allow_object_versioning)
        return { kind: 'with-ids', enabled: readEnabled(headers) === true };
      this.log.warn({ container: toText(container) }, IDS_ARE_OFF);
    }
    const setting = readSetting(headers);
    if (setting === undefined || !this.allowed.allow_versioned_writes) return { kind: 'plain' };
    const archive = unquote(setting.location).split('/')[0] ?? '';
    return { kind: 'versioned', mode: setting.mode, archive };
  }
}
