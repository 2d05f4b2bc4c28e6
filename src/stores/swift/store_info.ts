import { z } from 'zod';
import { now } from '../../util/clock';
import { readJson } from '../../formats/json';
import type { Headers } from '../../http/headers';
import { DEFAULT_LIMITS, type StoreLimits } from '../../swift_api/manifest_bounds';
import { SwiftClient, withoutCredentials } from '../../swift_api/client';
import type { Handler, Request } from '../../swift_api/message';
import { readResponse } from '../../swift_api/json_response';
import { headerRules, SHOWN_HEADERS } from '../../swift_api/temp_url/header_rules';

/** Milliseconds for which `/info` is cached. */
const CACHE_TIME = 600_000;
/** Milliseconds after which a store that did not answer is asked again. */
const PAUSE = 10_000;
const MAX_INFO_BYTES = 1024 * 1024;

const Max = z.int().positive();
const Names = z.array(z.string());
const Info = z.object({
  slo: z.object({ max_manifest_segments: Max, max_manifest_size: Max }).optional(),
  bulk_delete: z.object({ max_deletes_per_request: Max }).optional(),
  s3api: z.object({ s3_acl: z.boolean() }).optional(),
  tempurl: z.object({ outgoing_remove_headers: Names, outgoing_allow_headers: Names }).optional(),
});

/** What a store's `/info` says about requests; the usual, as far as it says nothing. */
interface StoreInfo {
  readonly limits: StoreLimits;
  /** Removes what readers by temporary URL do not see. */
  readonly shownBySignature: (headers: Headers) => Headers;
  /**
   * Whether plain objects may have metadata that only the store's own COPY keeps: its
   * s3api keeps ACLs there.
   */
  readonly hidesMetadata: boolean;
}

/** Caches what a store's `/info` reports. */
export class StoreInfoCache {
  private isAsking = false;
  private askAgain = 0;
  private cached: { readonly info: StoreInfo; readonly until: number } | undefined;

  /** @param send sends a request to the store */
  constructor(private readonly send: Handler) {}

  async get(request: Request): Promise<StoreInfo> {
    if (this.cached && this.cached.until > now()) return this.cached.info;
    const { info, isFinal } = await this.ask(request);
    if (isFinal) this.cached = { info, until: now() + CACHE_TIME };
    return info;
  }

  /**
   * Returns what is known at once; asks the store without waiting if that is nothing, or
   * out of date.
   */
  peek(request: Request): StoreInfo | undefined {
    const { cached } = this;
    if ((!cached || cached.until <= now()) && !this.isAsking && this.askAgain <= now()) {
      this.isAsking = true;
      this.get({ ...request, signal: new AbortController().signal })
        .catch(() => undefined)
        .finally(() => {
          this.isAsking = false;
          this.askAgain = now() + PAUSE;
        });
    }
    return cached?.info;
  }

  /** Asks the store; its answer is not final if it failed. */
  private async ask(request: Request): Promise<{ info: StoreInfo; isFinal: boolean }> {
    const client = new SwiftClient(this.send, withoutCredentials(request), 'client');
    const { status, body } = await client.get('/info');
    const text = await readResponse(body, MAX_INFO_BYTES, '/info of the store');
    const { data } = Info.safeParse(status === 200 ? parseInfo(text) : {});
    const { removed, allowed } = SHOWN_HEADERS;
    const info: StoreInfo = {
      limits: {
        segments: data?.slo?.max_manifest_segments ?? DEFAULT_LIMITS.segments,
        bytes: data?.slo?.max_manifest_size ?? DEFAULT_LIMITS.bytes,
        deletes: data?.bulk_delete?.max_deletes_per_request ?? DEFAULT_LIMITS.deletes,
      },
      shownBySignature: headerRules(
        data?.tempurl?.outgoing_remove_headers ?? removed,
        data?.tempurl?.outgoing_allow_headers ?? allowed,
      ),
      hidesMetadata: status !== 200 || data === undefined || data.s3api?.s3_acl === true,
    };
    return { info, isFinal: status < 500 };
  }
}

function parseInfo(info: Buffer): unknown {
  try {
    return readJson(info);
  } catch {
    return undefined;
  }
}
