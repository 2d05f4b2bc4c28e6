import { z } from 'zod';
import { seconds } from '../../config/options';
import { messageOf } from '../../errors';
import type { Log } from '../../log';
import { Right } from '../../http/grants';
import type { Request, Response } from '../../http/message';
import type { ObjectTarget } from '../../http/path';
import type { App, AppPlugin } from '../../plugin';
import { resourceOf } from './api/call';
import { createHandler } from './api/handler';
import { refusalOfNames } from './api/limits';
import { openStorage } from './lmdb_storage';
import type { Storage } from './storage';

const options = z.object({
  data: z.string(),
  expirer_interval: seconds(0.1, 86_400).default(60_000),
});

/** How many expired objects are removed in one go, so that others get their turn. */
const EXPIRED_AT_ONCE = 1000;

/** The app `embedded`: an object store of its own, in a folder of this machine. */
export const embedded: AppPlugin<typeof options> = {
  name: 'embedded',
  options,
  introduce: ({ data }) => ({ data }),
  create: async ({ data, expirer_interval }, log, role) =>
    role === 'worker'
      ? createEmbeddedApp(await openStorage(data, { role: 'worker' }))
      : createEmbeddedApp(await openStorage(data, { log }), { interval: expirer_interval, log }),
  preside: async ({ data, expirer_interval }, log) => {
    const storage = await openStorage(data, { log });
    return { close: keepHouse(storage, { interval: expirer_interval, log }) };
  },
};

/** How expired objects are searched for. */
interface Housekeeping {
  /** Milliseconds between two searches. */
  readonly interval: number;
  readonly log: Log;
}

/**
 * Serves a storage.
 *
 * @param housekeeping not there: another process keeps house
 */
export function createEmbeddedApp(storage: Storage, housekeeping?: Housekeeping): App {
  return {
    handler: createHandler(storage),
    power: 'service',
    judgesParts: true,
    mayWrite: (request, target) => Promise.resolve(mayWrite(storage, request, target)),
    mayLock: (request, target) => Promise.resolve(mayWrite(storage, request, target)),
    close: housekeeping ? keepHouse(storage, housekeeping) : () => storage.close(),
  };
}

/** Removes expired objects, and what dead workers left, now and again, until the function that it returns closes the storage. */
function keepHouse(storage: Storage, { interval, log }: Housekeeping): () => Promise<void> {
  const expirer = setInterval(() => void expire(storage, log), interval).unref();
  return async () => {
    clearInterval(expirer);
    await storage.close();
  };
}

/** Refuses what the handler would refuse before it asks for the right, so that both answer alike. */
function mayWrite(storage: Storage, request: Request, target: ObjectTarget): Right | Response {
  const refusal = refusalOfNames(target);
  if (refusal) return refusal;
  const container = storage.container(target.account, target.container);
  const forbidden = request.authorise?.(resourceOf(storage, 'PUT', target, container));
  return forbidden ?? Right.established('write', target);
}

async function expire(storage: Storage, log: Log): Promise<void> {
  try {
    while ((await storage.expire(EXPIRED_AT_ONCE)) === EXPIRED_AT_ONCE);
  } catch (error) {
    log.warn({ err: messageOf(error) }, 'expired objects could not be removed');
  }
}
