import { page } from '../swift_api/responses';
import { isText } from '../http/bytes';
import { holdBody } from '../swift_api/held_body';
import { manifestBounds, USUAL_LIMITS } from '../swift_api/manifest_bounds';
import type { Request, Response } from '../swift_api/message';
import { refusalIn } from '../swift_api/authority/shown_right';
import type { ObjectTarget } from '../swift_api/target';
import type { App } from './plugin';

/** What knows of rights and limits. */
export type Judge = Pick<App, 'mayWrite' | 'limits'>;

/**
 * Holds the manifest of a large object that a client puts; it is read only of a client that may put it.
 *
 * @returns the manifest, or the refusal
 */
export function holdManifest(
  request: Request,
  target: ObjectTarget,
  app: Judge,
): Promise<Buffer | Response> {
  return holdBody(request, {
    account: target.account,
    right: async () => unwritable(target) ?? refusalIn(await app.mayWrite(request, target)),
    bounds: manifestBounds(async () => (await app.limits?.(request)) ?? USUAL_LIMITS),
  });
}

/** What no store writes, whoever asks: Swift says so before it looks at rights. */
function unwritable({ account, container, object }: ObjectTarget): Response | undefined {
  return [account, container, object].every(isText)
    ? undefined
    : page(412, 'Invalid UTF8 or contains NULL');
}
