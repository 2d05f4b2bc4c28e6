import { Headers } from '../../../http/headers';
import type { Response } from '../../../http/message';
import { LIMITS } from './limits';
import { MOST_LINKS } from './links';

/** The Swift whose API this is. */
const VERSION = '2.30.1';

/** Capabilities, as `/info` tells them: only what is there. Filters add their own. */
const INFO = {
  swift: {
    version: VERSION,
    strict_cors_mode: true,
    policies: [{ name: 'default', aliases: 'default', default: true }],
    allow_account_management: true,
    account_autocreate: true,
    ...LIMITS,
  },
  symlink: { symloop_max: MOST_LINKS, static_links: true },
  slo: {
    max_manifest_segments: 1000,
    max_manifest_size: 8 * 1024 * 1024,
    min_segment_size: 1,
    allow_async_delete: false,
  },
};

/** Answers GET and HEAD of `/info`. */
export function infoAnswer(): Response {
  const body = Buffer.from(JSON.stringify(INFO));
  const headers = Headers.of({
    'Content-Type': 'application/json; charset=UTF-8',
    'Content-Length': String(body.length),
  });
  return { status: 200, headers, body };
}
