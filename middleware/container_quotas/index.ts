import { z } from 'zod';
import { page } from '../../src/swift_api/responses';
import { destroy } from '../../src/http/body';
import { withInfo } from '../../src/plugin/info';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import { isContainer, isObject, parseTarget, type ObjectTarget } from '../../src/swift_api/target';
import { exceeded, factsOf, isBeyond, isNumber } from '../../src/swift_api/quota';
import { refusalIn } from '../../src/swift_api/authority/shown_right';
import { incomingBytes, writtenBy } from '../../src/swift_api/object_writes';
import type { FilterContext, FilterPlugin } from '../../src/plugin/plugin';

const options = z.object({});

const BYTES = 'x-container-meta-quota-bytes';
const COUNT = 'x-container-meta-quota-count';

/**
 * Swift's `container_quotas`: X-Container-Meta-Quota-Bytes and X-Container-Meta-Quota-Count bound what is put into a container. A body
 * of unknown length is let in while there is room, and so are writes at the same time.
 */
export const containerQuotas: FilterPlugin<typeof options> = {
  name: 'container_quotas',
  options,
  precedes: { versioned_writes: 'what it refuses would already be archived' },
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
  const written = request.method === 'DELETE' ? undefined : writtenBy(request, target);
  if (written === undefined || !isObject(target)) return undefined;
  if (await hasRoom(request, target, written, next, app)) return undefined;
  return refusalIn(await app.mayWrite(request, written)) ?? exceeded();
}

/** The refusal of a quota that is no number. */
function checkSetting({ method, headers }: Request): Response | undefined {
  if (method !== 'PUT' && method !== 'POST') return undefined;
  const isWrong = (name: string) => Boolean(headers.get(name)) && !isNumber(headers.get(name));
  if (isWrong(BYTES)) return page(400, 'Invalid bytes quota.');
  return isWrong(COUNT) ? page(400, 'Invalid count quota.') : undefined;
}

async function hasRoom(
  request: Request,
  target: ObjectTarget,
  { version, account, container }: ObjectTarget,
  next: Handler,
  app: FilterContext['app'],
): Promise<boolean> {
  const facts = await factsOf({ version, account, container }, request, next, app.power);
  if (facts === undefined || !(facts.has(BYTES) || facts.has(COUNT))) return true;
  const bytes =
    Number(facts.get('x-container-bytes-used')) + (await incomingBytes(request, target, next));
  const count = Number(facts.get('x-container-object-count')) + 1;
  return !isBeyond(facts.get(BYTES), bytes) && !isBeyond(facts.get(COUNT), count);
}
