import { z } from 'zod';
import { htmlResponse } from '../../src/swift_api/responses';
import { destroy } from '../../src/http/body';
import { withInfo } from '../../src/plugin/info';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import { isContainer, isObject, parseTarget, type ObjectTarget } from '../../src/swift_api/target';
import { quotaExceeded, fetchHeaders, exceedsQuota, isNumber } from '../../src/swift_api/quota';
import { refusalIn } from '../../src/swift_api/authority/shown_right';
import { incomingBytes, writtenObject } from '../../src/swift_api/object_writes';
import type { FilterContext, FilterPlugin } from '../../src/plugin/plugin';
import { X_CONTAINER_BYTES_USED } from '../../src/swift_api/header_names';

const options = z.object({});

const BYTES = 'x-container-meta-quota-bytes';
const COUNT = 'x-container-meta-quota-count';

/**
 * Swift's `container_quotas`: X-Container-Meta-Quota-Bytes and
 * X-Container-Meta-Quota-Count limit what is stored in a container. A body of unknown
 * length is accepted while there is room, and so are concurrent writes.
 */
export const containerQuotas: FilterPlugin<typeof options> = {
  name: 'container_quotas',
  options,
  precedes: { versioned_writes: 'otherwise a write it refuses would already be archived' },
  create:
    (_, { app }) =>
    (next) =>
      withInfo(
        async (request) => {
          const refusal = await check(request, next, app);
          if (refusal === undefined) return next(request);
          destroy(request.body);
          return refusal;
        },
        { container_quotas: {} },
      ),
};

async function check(
  request: Request,
  next: Handler,
  app: FilterContext['app'],
): Promise<Response | undefined> {
  const target = parseTarget(request.path);
  if (target === undefined) return undefined;
  if (isContainer(target)) return checkSetting(request);
  const destination = request.method === 'DELETE' ? undefined : writtenObject(request, target);
  if (destination === undefined || !isObject(target)) return undefined;
  if (await hasRoom(request, target, destination, next, app)) return undefined;
  return refusalIn(await app.mayWrite(request, destination)) ?? quotaExceeded();
}

/** Refuses a quota that is not a number. */
function checkSetting({ method, headers }: Request): Response | undefined {
  if (method !== 'PUT' && method !== 'POST') return undefined;
  const isInvalid = (name: string) => Boolean(headers.get(name)) && !isNumber(headers.get(name));
  if (isInvalid(BYTES)) return htmlResponse(400, 'Invalid bytes quota.');
  return isInvalid(COUNT) ? htmlResponse(400, 'Invalid count quota.') : undefined;
}

async function hasRoom(
  request: Request,
  target: ObjectTarget,
  { version, account, container }: ObjectTarget,
  next: Handler,
  app: FilterContext['app'],
): Promise<boolean> {
  const facts = await fetchHeaders({ version, account, container }, request, next, app.power);
  if (facts === undefined || !(facts.has(BYTES) || facts.has(COUNT))) return true;
  const bytes =
    Number(facts.get(X_CONTAINER_BYTES_USED)) + (await incomingBytes(request, target, next));
  const count = Number(facts.get('x-container-object-count')) + 1;
  return !exceedsQuota(facts.get(BYTES), bytes) && !exceedsQuota(facts.get(COUNT), count);
}
