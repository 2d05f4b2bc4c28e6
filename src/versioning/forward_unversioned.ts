import type { Readable } from 'node:stream';
import type { SharedLease } from '../coordination/cache/cache';
import { CoordinationUnavailable } from '../util/errors';
import { chunks, derivedStream, drain } from '../http/body';
import type { Handler, Request, Response } from '../swift_api/message';
import { isApi, type ContainerTarget, type Target } from '../swift_api/target';
import { isHeartbeatResponse, followHeartbeat } from './heartbeat_response';
import { Call } from './calls';
import { keepsVersions, type VersioningPolicy, type PolicyCache } from './policy';

/** Pins the policies of all containers that a request may touch, until it ends. */
export class PinnedPolicies {
  #leases: SharedLease<VersioningPolicy>[] = [];

  constructor(
    private readonly policies: PolicyCache,
    private readonly wait: number,
  ) {}

  /** Hands the leases over to the caller, who releases them. */
  take(): readonly SharedLease<VersioningPolicy>[] {
    return this.#leases.splice(0);
  }

  /** Returns and pins a container's policy; if it keeps versions, releases all leases. */
  async get(request: Request, container: ContainerTarget): Promise<VersioningPolicy> {
    const lease = await this.policies.acquireShared(request, container, this.wait);
    this.#leases.push(lease);
    if (lease.value && keepsVersions(lease.value)) this.release();
    return lease.value ?? { kind: 'plain' };
  }

  release(): void {
    for (const { release } of this.#leases.splice(0)) release();
  }
}

/**
 * Forwards a write that makes no versions. Holds the leases on its policies until the
 * store is done, even if the client disconnects. If versions are switched on while the
 * body is still arriving, cuts the body off before its end, so that the store discards
 * it.
 *
 * @throws CoordinationUnavailable if the body was cut off
 */
export async function forwardUnversioned(
  request: Request,
  target: Target,
  leases: readonly SharedLease<VersioningPolicy>[],
  next: Handler,
): Promise<Response> {
  const upload = new RevocableUpload(request, leases);
  try {
    // another API's path may be another filter's to answer, so its request stays
    // unchanged
    const response = await next(isApi(target) ? upload.request : request);
    if (upload.revoked && response.status >= 300) {
      await drain(response.body);
      throw upload.revoked;
    }
    if (!isHeartbeatResponse(new Call(request, target), response)) {
      upload.release();
      return response;
    }
    const heartbeat = followHeartbeat(response, () => Promise.resolve());
    void heartbeat.outcome.then(() => upload.release());
    return heartbeat.response;
  } catch (error) {
    upload.release();
    throw upload.revoked ?? error;
  }
}

/** A forwarded request that can be revoked until the end of its body is passed on. */
class RevocableUpload {
  readonly request: Request;
  revoked: CoordinationUnavailable | undefined;
  readonly #body: Readable | undefined;
  #hasPassed = false;

  constructor(
    private readonly original: Request,
    private readonly leases: readonly SharedLease<VersioningPolicy>[],
  ) {
    // a body ends with an error if its client disconnects; a complete request is not
    // aborted
    const { signal } = new AbortController();
    if (Buffer.isBuffer(original.body)) {
      this.request = { ...original, signal };
      return;
    }
    this.#body = original.body;
    for (const lease of leases)
      lease.signal.addEventListener('abort', this.#onRevoked, { once: true });
    const needsNoConfirm = leases.every(({ confirm }) => confirm === undefined);
    const body = needsNoConfirm ? this.#body : this.#withConfirmation(this.#body);
    this.request = { ...original, signal, body };
  }

  release(): void {
    for (const lease of this.leases) {
      if (this.#body) lease.signal.removeEventListener('abort', this.#onRevoked);
      lease.release();
    }
  }

  readonly #onRevoked = (): void => {
    if (!this.#hasPassed && !this.#hasArrived()) this.#revoke();
  };

  #revoke(): CoordinationUnavailable {
    this.revoked ??= new CoordinationUnavailable(
      'the versioning of the container changed during the upload, so nothing was stored; retry',
    );
    this.#body?.destroy(this.revoked);
    return this.revoked;
  }

  /** Whether all of the body has arrived: it is too late to revoke the request. */
  #hasArrived(): boolean {
    return this.#body?.readableEnded === true || this.original.receivedBytes() >= this.#length();
  }

  #length(): number {
    return Number(this.original.headers.get('content-length') ?? Infinity);
  }

  /** Returns a body whose last byte is passed on only once all leases are confirmed. */
  #withConfirmation(body: Readable): Readable {
    const confirmAll = async () => {
      if (this.#hasPassed) return;
      for (const { confirm } of this.leases) {
        await confirm?.().catch(() => {
          throw this.#revoke();
        });
      }
      if (this.revoked) throw this.revoked;
      this.#hasPassed = true;
    };
    let rest = this.#length();
    return derivedStream(
      body,
      (async function* () {
        for await (const chunk of chunks(body)) {
          rest -= chunk.length;
          if (rest <= 0) await confirmAll();
          yield chunk;
        }
        await confirmAll();
      })(),
    );
  }
}
