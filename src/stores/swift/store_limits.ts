import { z } from 'zod';
import { now } from '../../util/clock';
import { readJson } from '../../formats/json';
import { DEFAULT_LIMITS, type StoreLimits } from '../../swift_api/manifest_bounds';
import { SwiftClient, withoutCredentials } from '../../swift_api/client';
import type { Handler, Request } from '../../swift_api/message';
import { readResponse } from '../../swift_api/json_response';

/** Milliseconds for which the limits are cached. */
const CACHE_TIME = 600_000;
const MAX_INFO_BYTES = 1024 * 1024;

const Max = z.int().positive();
const Info = z.object({
  slo: z.object({ max_manifest_segments: Max, max_manifest_size: Max }).optional(),
  bulk_delete: z.object({ max_deletes_per_request: Max }).optional(),
});

/** Caches the limits that a store's `/info` reports; the usual ones if it has none. */
export class StoreLimitsCache {
  private cached: { readonly limits: StoreLimits; readonly until: number } | undefined;

  /** @param send sends a request to the store */
  constructor(private readonly send: Handler) {}

  async get(request: Request): Promise<StoreLimits> {
    if (this.cached && this.cached.until > now()) return this.cached.limits;
    const limits = (await this.ask(request)) ?? DEFAULT_LIMITS;
    this.cached = { limits, until: now() + CACHE_TIME };
    return limits;
  }

  private async ask(request: Request): Promise<StoreLimits | undefined> {
    const client = new SwiftClient(this.send, withoutCredentials(request), 'client');
    const { status, body } = await client.get('/info');
    const info = await readResponse(body, MAX_INFO_BYTES, '/info of the store');
    if (status !== 200) return undefined;
    const { data } = Info.safeParse(parseInfo(info));
    return {
      segments: data?.slo?.max_manifest_segments ?? DEFAULT_LIMITS.segments,
      bytes: data?.slo?.max_manifest_size ?? DEFAULT_LIMITS.bytes,
      deletes: data?.bulk_delete?.max_deletes_per_request ?? DEFAULT_LIMITS.deletes,
    };
  }
}

function parseInfo(info: Buffer): unknown {
  try {
    return readJson(info);
  } catch {
    return undefined;
  }
}
