import { z } from 'zod';
import { isLoopback } from '../../config/loopback';
import { flag, seconds, whole } from '../../config/options';
import type { Log } from '../../util/log';
import { Right } from '../../swift_api/authority/grants';
import type { Request, Response } from '../../swift_api/message';
import type { ObjectTarget } from '../../swift_api/target';
import type { App, AppPlugin, Objection, ServerFacts } from '../../plugin/plugin';
import { judgement, resourceOf } from './api/call';
import { createHandler } from './api/handler';
import { refusalOfNames } from './api/limits';
import { type Housekeeping, keepHouse } from './storage/housekeeping';
import { openStorage, type StorageOptions } from './storage/lmdb_storage';
import type { Storage } from './storage/storage';
import { StorageError } from './storage/storage_error';
import { refuseDamaged } from './walk/refuse_damaged';

const options = z.object({
  data: z.string(),
  expirer_interval: seconds(0.1, 86_400).default(60_000),
  scrub: flag.default(true),
  scrub_interval: seconds(0.1, 365 * 86_400).default(86_400_000),
  scrub_bytes_per_second: whole(0, 2 ** 40).default(10_000_000),
  anonymous: z.enum(['none', 'all'], { error: 'not known; known: none, all' }).default('none'),
});

/** The app `embedded`: an object store of its own, in a folder of this machine. */
export const embedded: AppPlugin<typeof options> = {
  name: 'embedded',
  options,
  keepsObjects: true,
  objections,
  banner: ({ data }) => ({ data }),
  create: async (given, log, role) => {
    const { data, anonymous } = given;
    const app =
      role === 'worker'
        ? createEmbeddedApp(await openData(data, { role: 'worker' }))
        : createEmbeddedApp(await openData(data, { log }), housekeepingOf(given, log));
    return anonymous === 'all' ? openToAll(app) : app;
  },
  startPrimary: async (given, log) => {
    const storage = await openData(given.data, { log });
    return { close: keepHouse(storage, housekeepingOf(given, log)) };
  },
};

function housekeepingOf(given: z.infer<typeof options>, log: Log): Housekeeping {
  const { expirer_interval, scrub, scrub_interval, scrub_bytes_per_second } = given;
  const scrubbing = { interval: scrub_interval, rate: scrub_bytes_per_second };
  return { interval: expirer_interval, log, ...(scrub && { scrubbing }) };
}

/** @throws StorageError that names the option which helps */
async function openData(
  folder: string,
  given: StorageOptions & { readonly log?: Log },
): Promise<Storage> {
  try {
    if (given.role !== 'worker') await refuseDamaged(folder, given.log);
    return await openStorage(folder, given);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const message = `${error.message}; the option data of [app:embedded] names the folder`;
    throw new StorageError(error.code, message, { cause: error });
  }
}

/** Nobody is let in by silence: somebody authenticates, or the configuration says that nobody has to. */
function objections(
  { anonymous }: z.infer<typeof options>,
  { bind_ip, authenticators }: ServerFacts,
): readonly Objection[] {
  const option = 'anonymous';
  if (anonymous === 'none') {
    const cause =
      'nobody could do anything: put a filter that authenticates (tempauth) into the pipeline, or let everybody do everything on this machine with anonymous = all';
    return authenticators.length > 0 ? [] : [{ cause }];
  }
  if (authenticators.length > 0) {
    const cause = `${authenticators.join(' and ')} would still judge who may do what: leave one of them out`;
    return [{ option, cause }];
  }
  if (isLoopback(bind_ip)) return [];
  return [
    {
      option,
      cause: `everybody who reaches ${bind_ip} could do everything; bind_ip must be of loopback`,
    },
  ];
}

/** The app without judgement: whoever reaches it may do everything. */
function openToAll(app: App): App {
  const open = (request: Request): Request => ({ authorise: () => undefined, ...request });
  return {
    ...app,
    handler: (request) => app.handler(open(request)),
    mayWrite: (request, target, given) => app.mayWrite(open(request), target, given),
    mayLock: (request, target) => app.mayLock(open(request), target),
  };
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

/** Refuses what the handler would refuse before it asks for the right, so that both answer alike. */
function mayWrite(storage: Storage, request: Request, target: ObjectTarget): Right | Response {
  const refusal = refusalOfNames(target);
  if (refusal) return refusal;
  const container = storage.container(target.account, target.container);
  const forbidden = judgement(request, resourceOf(storage, 'PUT', target, container));
  return forbidden ?? Right.established('write', target);
}
