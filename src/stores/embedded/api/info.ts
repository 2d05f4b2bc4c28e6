import { LIMITS } from '../../../swift_api/constraints';
import { Headers } from '../../../http/headers';
import type { Response } from '../../../swift_api/message';
import { SLO_LIMITS } from './large_objects/slo_manifest';
import { MAX_LINKS } from './links';

/** The version of Swift whose API this is. */
const VERSION = '2.30.1';

/** The only storage policy, for clients that ask for one by name. */
export const POLICY = 'default';

/** Capabilities that `/info` reports: only those of the store. Filters add their own. */
const INFO = {
  swift: {
    version: VERSION,
    strict_cors_mode: true,
    policies: [{ name: POLICY, aliases: POLICY, default: true }],
    allow_account_management: true,
    account_autocreate: true,
    ...LIMITS,
  },
  symlink: { symloop_max: MAX_LINKS, static_links: true },
  slo: {
    ...SLO_LIMITS,
    yield_frequency: 10,
    min_segment_size: 1,
    allow_async_delete: true,
  },
};

/** Answers GET and HEAD of `/info`. */
export function infoResponse(strict_cors_mode: boolean): Response {
  const info = { ...INFO, swift: { ...INFO.swift, strict_cors_mode } };
  const body = Buffer.from(JSON.stringify(info));
  const headers = Headers.of({
    'Content-Type': 'application/json; charset=UTF-8',
    'Content-Length': String(body.length),
  });
  return { status: 200, headers, body };
}
