import type { Readable } from 'node:stream';
import type { SharedLease } from '../coordination/cache/cache';
import { CoordinationUnavailable } from '../util/errors';
import { chunks, destroy, drain, streamOf } from '../http/body';
import type { Handler, Request, Response } from '../swift_api/message';
import { isApi, type ContainerTarget, type Target } from '../swift_api/target';
import { isHeartbeatResponse, followHeartbeat } from './heartbeat_response';
import { Call } from './calls';
import { keepsVersions, type VersioningPolicy, type PolicyCache } from './policy';

/** What a write goes by, noted as in use while it is found out: for one that may touch several containers. */
export class PinnedPolicies {
  #uses: SharedLease<VersioningPolicy>[] = [];

  constructor(
    private readonly settings: PolicyCache,
    private readonly wait: number,
  ) {}

  /** What is in use, which the caller ends. */
  take(): readonly SharedLease<VersioningPolicy>[] {
    return this.#uses.splice(0);
  }

  /** What is in force on a container. Where that is versions, nothing is let through and nothing stays in use. */
  async get(request: Request, container: ContainerTarget): Promise<VersioningPolicy> {
    const use = await this.settings.acquireShared(request, container, this.wait);
    this.#uses.push(use);
    if (use.value && keepsVersions(use.value)) this.end();
    return use.value ?? { kind: 'plain' };
  }

  end(): void {
    for (const { release } of this.#uses.splice(0)) release();
  }
}

/**
 * Lets a write through to the store of which nothing is kept. It counts as a use of the settings that it goes by until the store is done with it, also where its
 * client has left. Where versions are switched on meanwhile and its body is late, the body is broken off before its end, so that no store
 * keeps it.
 *
 * @throws CoordinationUnavailable where it was broken off
 */
export async function forwardUnversioned(
  request: Request,
  target: Target,
  uses: readonly SharedLease<VersioningPolicy>[],
  next: Handler,
): Promise<Response> {
  const passage = new RevocableUpload(request, uses);
  try {
    // what is not of this API may be somebody else's to answer, as it came
    const response = await next(isApi(target) ? passage.request : request);
    if (passage.broken && response.status >= 300) {
      await drain(response.body);
      throw passage.broken;
    }
    if (!isHeartbeatResponse(new Call(request, target), response)) {
      passage.end();
      return response;
    }
    const followed = followHeartbeat(response, () => Promise.resolve());
    void followed.outcome.then(() => passage.end());
    return followed.response;
  } catch (error) {
    passage.end();
    throw passage.broken ?? error;
  }
}

/** A request on its way, which can be broken off as long as its body has not passed. */
class RevocableUpload {
  readonly request: Request;
  broken: CoordinationUnavailable | undefined;
  readonly #body: Readable | undefined;
  #hasPassed = false;

  constructor(
    private readonly original: Request,
    private readonly uses: readonly SharedLease<VersioningPolicy>[],
  ) {
    // a body breaks off by itself when its client leaves; what has come to its end is waited for
    const { signal } = new AbortController();
    if (Buffer.isBuffer(original.body)) {
      this.request = { ...original, signal };
      return;
    }
    this.#body = original.body;
    for (const use of uses) use.signal.addEventListener('abort', this.#late, { once: true });
    const isSure = uses.every(({ confirm }) => confirm === undefined);
    this.request = { ...original, signal, body: isSure ? this.#body : this.#confirmed(this.#body) };
  }

  end(): void {
    for (const use of this.uses) {
      if (this.#body) use.signal.removeEventListener('abort', this.#late);
      use.release();
    }
  }

  readonly #late = (): void => {
    if (!this.#hasPassed && !this.#hasCome()) this.#breakOff();
  };

  #breakOff(): CoordinationUnavailable {
    this.broken ??= new CoordinationUnavailable(
      'the settings of the container were changed before the body had come, so nothing of it is kept',
    );
    this.#body?.destroy(this.broken);
    return this.broken;
  }

  /** All that the store waits for is here: it is too late to take it back, and it will not be long. */
  #hasCome(): boolean {
    return this.#body?.readableEnded === true || this.original.received() >= this.#length();
  }

  #length(): number {
    return Number(this.original.headers.get('content-length') ?? Infinity);
  }

  /** A body whose last byte passes only once it is sure that nothing was changed. */
  #confirmed(body: Readable): Readable {
    const pass = async () => {
      if (this.#hasPassed) return;
      for (const { confirm } of this.uses) {
        await confirm?.().catch(() => {
          throw this.#breakOff();
        });
      }
      if (this.broken) throw this.broken;
      this.#hasPassed = true;
    };
    let rest = this.#length();
    const confirmed = streamOf(
      (async function* () {
        for await (const chunk of chunks(body)) {
          rest -= chunk.length;
          if (rest <= 0) await pass();
          yield chunk;
        }
        await pass();
      })(),
    );
    // a stream that nobody began to read never runs what makes it
    confirmed.once('close', () => {
      if (!body.readableEnded) destroy(body);
    });
    return confirmed;
  }
}
