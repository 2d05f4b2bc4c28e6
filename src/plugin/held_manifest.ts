import { refusalForNames } from '../swift_api/name_refusal';
import { holdBody, type HeldMessage } from '../swift_api/held_body';
import { manifestBounds, DEFAULT_LIMITS } from '../swift_api/manifest_bounds';
import type { Request, Response } from '../swift_api/message';
import { refusalIn } from '../swift_api/authority/shown_right';
import type { ObjectTarget } from '../swift_api/target';
import type { App } from './plugin';

/** The part of an app that knows rights and limits. */
export type AppRights = Pick<App, 'mayWrite' | 'limits'>;

/**
 * Buffers the manifest of a large object that a client uploads, or copies. It is read
 * only if the client may write the object.
 *
 * @param from the upload, or the store's response with the source of the copy
 * @returns the manifest, or the refusal
 * @throws what `holdBody` throws
 */
export function holdManifest(
  from: HeldMessage,
  request: Request,
  target: ObjectTarget,
  app: AppRights,
): Promise<Buffer | Response> {
  return holdBody(from, {
    account: target.account,
    // like Swift, names before rights
    right: async () => refusalForNames(target) ?? refusalIn(await app.mayWrite(request, target)),
    bounds: manifestBounds(async () => (await app.limits?.(request)) ?? DEFAULT_LIMITS),
  });
}
