import { z } from 'zod';
import { seconds } from '../../config/options';
import { messageOf } from '../../errors';
import type { Log } from '../../log';
import type { Request, Response } from '../../http/message';
import type { ObjectTarget } from '../../http/path';
import type { App, AppPlugin } from '../../plugin';
import { createHandler } from './api/handler';
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
  create: ({ data, expirer_interval }, log) => createEmbeddedApp(openStorage(data), expirer_interval, log),
};

/**
 * Serves a storage.
 *
 * @param opening requests wait for it
 * @param interval milliseconds between two searches for expired objects
 */
export function createEmbeddedApp(opening: Promise<Storage>, interval: number, log: Log): App {
  opening.catch((error: unknown) => log.fatal({ err: messageOf(error) }, 'the data could not be opened'));
  const handler = opening.then(createHandler);
  handler.catch(() => undefined);
  const expirer = setInterval(() => void expire(opening, log), interval).unref();
  return {
    handler: async (request) => (await handler)(request),
    authority: 'service',
    mayWrite: async (request, target) => mayWrite(await opening, request, target),
    close: async () => {
      clearInterval(expirer);
      await (await opening).close();
    },
  };
}

function mayWrite(storage: Storage, request: Request, target: ObjectTarget): Response | undefined {
  const container = storage.container(target.account, target.container);
  return request.authorise?.({
    method: 'PUT',
    target,
    readAcl: container?.attributes['x-container-read'],
    writeAcl: container?.attributes['x-container-write'],
  });
}

async function expire(opening: Promise<Storage>, log: Log): Promise<void> {
  try {
    const storage = await opening;
    while ((await storage.expire(EXPIRED_AT_ONCE)) === EXPIRED_AT_ONCE);
  } catch (error) {
    log.warn({ err: messageOf(error) }, 'expired objects could not be removed');
  }
}
