import { z } from 'zod';
import { now } from '../../util/clock';
import { readJson } from '../../formats/json';
import { USUAL_LIMITS, type StoreLimits } from '../../swift_api/manifest_bounds';
import { subrequest, type Handler, type Request } from '../../swift_api/message';
import { readAnswer } from '../../swift_api/json_response';

/** Milliseconds for which the store is not asked again. */
const REMEMBERED = 600_000;
const MAX_INFO_BYTES = 1024 * 1024;

const Max = z.int().positive();
const Info = z.object({
  slo: z.object({ max_manifest_segments: Max, max_manifest_size: Max }).optional(),
  bulk_delete: z.object({ max_deletes_per_request: Max }).optional(),
});

/** What a store's `/info` says of its limits; what is usual if it says nothing of them. */
export class StoreLimitsCache {
  private found: { readonly limits: StoreLimits; readonly until: number } | undefined;

  /** @param send sends a request to the store */
  constructor(private readonly send: Handler) {}

  async of(request: Request): Promise<StoreLimits> {
    if (this.found && this.found.until > now()) return this.found.limits;
    const limits = (await this.ask(request)) ?? USUAL_LIMITS;
    this.found = { limits, until: now() + REMEMBERED };
    return limits;
  }

  private async ask(request: Request): Promise<StoreLimits | undefined> {
    const { status, body } = await this.send(
      subrequest(request, { method: 'GET', path: '/info', authority: 'client' }),
    );
    const info = await readAnswer(body, MAX_INFO_BYTES, '/info of the store');
    if (status !== 200) return undefined;
    const { data } = Info.safeParse(parsed(info));
    return {
      segments: data?.slo?.max_manifest_segments ?? USUAL_LIMITS.segments,
      bytes: data?.slo?.max_manifest_size ?? USUAL_LIMITS.bytes,
      deletes: data?.bulk_delete?.max_deletes_per_request ?? USUAL_LIMITS.deletes,
    };
  }
}

function parsed(info: Buffer): unknown {
  try {
    return readJson(info);
  } catch {
    return undefined;
  }
}
