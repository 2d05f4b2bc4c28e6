import { htmlResponse } from '../swift_api/responses';
import { isText } from '../http/bytes';
import { holdBody } from '../swift_api/held_body';
import { manifestBounds, DEFAULT_LIMITS } from '../swift_api/manifest_bounds';
import type { Request, Response } from '../swift_api/message';
import { refusalIn } from '../swift_api/authority/shown_right';
import type { ObjectTarget } from '../swift_api/target';
import type { App } from './plugin';

/** The part of an app that knows rights and limits. */
export type AppRights = Pick<App, 'mayWrite' | 'limits'>;

/**
 * Buffers the manifest of a large object that a client uploads. The body is read only if
 * the client may write the object.
 *
 * @returns the manifest, or the refusal
 */
export function holdManifest(
  request: Request,
  target: ObjectTarget,
  app: AppRights,
): Promise<Buffer | Response> {
  return holdBody(request, {
    account: target.account,
    right: async () => refuseName(target) ?? refusalIn(await app.mayWrite(request, target)),
    bounds: manifestBounds(async () => (await app.limits?.(request)) ?? DEFAULT_LIMITS),
  });
}

/** Refuses names that no store accepts; like Swift, before rights are checked. */
function refuseName({ account, container, object }: ObjectTarget): Response | undefined {
  return [account, container, object].every(isText)
    ? undefined
    : htmlResponse(412, 'Invalid UTF8 or contains NULL');
}
