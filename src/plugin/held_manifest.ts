import { refusalForNames } from '../swift_api/name_refusal';
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
    // like Swift, names before rights
    right: async () => refusalForNames(target) ?? refusalIn(await app.mayWrite(request, target)),
    bounds: manifestBounds(async () => (await app.limits?.(request)) ?? DEFAULT_LIMITS),
  });
}
