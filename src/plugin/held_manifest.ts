import { refusalForNames } from '../swift_api/name_refusal';
import { holdBody, type HeldBody } from '../swift_api/held_body';
import { manifestBounds, DEFAULT_LIMITS, type StoreLimits } from '../swift_api/manifest_bounds';
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
export async function holdManifest(
  request: Request,
  target: ObjectTarget,
  app: AppRights,
): Promise<Buffer | Response> {
  return holdBody(request, {
    account: target.account,
    right: () => rightToPut(request, target, app),
    bounds: manifestBounds(() => limitsOf(request, app)),
  });
}

/**
 * Finds out whether a client may write an object, and what limits its manifest has:
 * before a copy's source is requested, which would keep a connection meanwhile.
 */
export async function admitManifest(
  request: Request,
  target: ObjectTarget,
  app: AppRights,
): Promise<HeldBody> {
  const refusal = await rightToPut(request, target, app);
  const limits = refusal ? DEFAULT_LIMITS : await limitsOf(request, app);
  return {
    account: target.account,
    right: () => Promise.resolve(refusal),
    bounds: manifestBounds(() => Promise.resolve(limits)),
  };
}

/** Returns the refusal if there is no such right; like Swift, names before rights. */
async function rightToPut(
  request: Request,
  target: ObjectTarget,
  app: AppRights,
): Promise<Response | undefined> {
  return refusalForNames(target) ?? refusalIn(await app.mayWrite(request, target));
}

async function limitsOf(request: Request, app: AppRights): Promise<StoreLimits> {
  return (await app.limits?.(request)) ?? DEFAULT_LIMITS;
}
