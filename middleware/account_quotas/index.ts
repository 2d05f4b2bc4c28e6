import { z } from 'zod';
import { statusResponse } from '../../src/swift_api/responses';
import { destroy } from '../../src/http/body';
import { withInfo } from '../../src/plugin/info';
import type { Authorise, Handler, Request, Response } from '../../src/swift_api/message';
import { isObject, parseTarget, type ObjectTarget } from '../../src/swift_api/target';
import { quotaExceeded, fetchHeaders, exceedsQuota, isNumber } from '../../src/swift_api/quota';
import { incomingBytes, writtenObject } from '../../src/swift_api/object_writes';
import type { FilterContext, FilterPlugin } from '../../src/plugin/plugin';

const options = z.object({});

const QUOTA = 'x-account-meta-quota-bytes';

/**
 * Swift's `account_quotas`: X-Account-Meta-Quota-Bytes, which only a reseller can set,
 * limits what others store in an account. A body of unknown length is accepted while
 * there is room, and so are concurrent writes.
 */
export const accountQuotas: FilterPlugin<typeof options> = {
  name: 'account_quotas',
  options,
  precedes: { versioned_writes: 'otherwise a write it refuses would already be archived' },
  requires: { tempauth: 'only resellers may set quotas, and it identifies them' },
  create:
    (_, { app }) =>
    (next) =>
      withInfo(
        async (request) => {
          const outcome = await check(request, next, app);
          if ('method' in outcome) return next(outcome);
          destroy(request.body);
          return outcome;
        },
        { account_quotas: {} },
      ),
};

/** Returns the request to forward, or the refusal. */
async function check(
  request: Request,
  next: Handler,
  app: FilterContext['app'],
): Promise<Request | Response> {
  const { method, headers } = request;
  const target = parseTarget(request.path);
  if (target === undefined || !['PUT', 'POST', 'COPY'].includes(method)) return request;
  const removes = Boolean(headers.get('x-remove-account-meta-quota-bytes'));
  const setting = target.container === undefined ? (removes ? '0' : headers.get(QUOTA)) : undefined;
  if (request.isReseller) return setting && !isNumber(setting) ? statusResponse(400) : request;
  if (setting !== undefined) return statusResponse(403);
  const destination = writtenObject(request, target);
  if (destination === undefined || !isObject(target)) return request;
  if (await hasRoom(request, target, destination, next, app)) return request;
  const { authorise } = request;
  return authorise === undefined
    ? quotaExceeded()
    : { ...request, authorise: withQuotaRefusal(authorise) };
}

/** Refuses with the quota error, unless the client may not write at all. */
function withQuotaRefusal(authorise: Authorise): Authorise {
  return (resource) => authorise(resource) ?? quotaExceeded();
}

async function hasRoom(
  request: Request,
  target: ObjectTarget,
  { version, account }: ObjectTarget,
  next: Handler,
  app: FilterContext['app'],
): Promise<boolean> {
  const facts = await fetchHeaders({ version, account }, request, next, app.power);
  const quota = facts?.get(QUOTA);
  if (facts === undefined || quota === undefined) return true;
  const bytes =
    Number(facts.get('x-account-bytes-used')) + (await incomingBytes(request, target, next));
  return !exceedsQuota(quota, bytes);
}
