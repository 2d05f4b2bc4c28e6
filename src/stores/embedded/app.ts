import { z } from 'zod';
import { isLoopback } from '../../config/loopback';
import { flag, seconds, valueForms, wholeNumber } from '../../config/options';
import type { Log } from '../../util/log';
import { Right } from '../../swift_api/authority/grants';
import type { Request, Response } from '../../swift_api/message';
import type { ObjectTarget } from '../../swift_api/target';
import type { App, AppPlugin, Objection, ServerFacts } from '../../plugin/plugin';
import { refusalFor, resourceOf, type CorsSettings } from './api/call';
import { createHandler } from './api/handler';
import { refusalForNames } from '../../swift_api/name_refusal';
import { type Housekeeping, startHousekeeping } from './storage/housekeeping';
import { openStorage, type StorageOptions } from './storage/lmdb_storage';
import type { Storage } from './storage/storage';
import { StorageError } from './storage/storage_error';
import { refuseDamaged } from './walk/refuse_damaged';

/** Swift's form of a list. */
const commaList = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean),
  )
  .register(valueForms, { values: 'words, separated by commas' });

const options = z.object({
  data: z.string().describe('Folder with all data. One server at a time may use it.'),
  expirer_interval: seconds(0.1, 86_400)
    .default(60_000)
    .describe('Time between two searches for expired objects.'),
  scrub: flag
    .default(true)
    .describe('Read all data again and again, and report damage in the log.'),
  scrub_interval: seconds(0.1, 365 * 86_400)
    .default(86_400_000)
    .describe('Time from the end of one pass of the scrubber to the start of the next.'),
  scrub_bytes_per_second: wholeNumber(0, 2 ** 40)
    .default(10_000_000)
    .describe('Highest speed of a pass; 0: no limit.'),
  anonymous: z
    .enum(['none', 'all'], { error: 'not known; known: none, all' })
    .default('none')
    .describe(
      '`all`: no login, and every client may do everything. Only without `tempauth`, and only on loopback.',
    ),
  cors_allow_origin: commaList.describe(
    'Origins of web pages that are allowed in every container, separated by commas; `*` allows all.',
  ),
  cors_expose_headers: commaList.describe(
    'Response headers that web pages of allowed origins may read besides the usual ones, separated by commas.',
  ),
  strict_cors_mode: flag
    .default(true)
    .describe(
      'Let only web pages of allowed origins read responses in the Swift API. `false`: those of every origin; a preflight still needs an allowed one.',
    ),
});

/** The app `embedded`: a self-contained object store in a folder on this machine. */
export const embedded: AppPlugin<typeof options> = {
  name: 'embedded',
  options,
  storesObjects: true,
  objections,
  banner: ({ data }) => ({ data }),
  create: async (config, log, role) => {
    const { data, anonymous } = config;
    const app =
      role === 'worker'
        ? createEmbeddedApp(await openData(data, { role: 'worker' }), { cors: config })
        : createEmbeddedApp(await openData(data, { log }), {
            cors: config,
            housekeeping: housekeepingOptions(config, log),
          });
    return anonymous === 'all' ? openToAll(app) : app;
  },
  startPrimary: async (config, log) => {
    const storage = await openData(config.data, { log });
    return { close: startHousekeeping(storage, housekeepingOptions(config, log)) };
  },
};

function housekeepingOptions(config: z.infer<typeof options>, log: Log): Housekeeping {
  const { expirer_interval, scrub, scrub_interval, scrub_bytes_per_second } = config;
  const scrubbing = { interval: scrub_interval, rate: scrub_bytes_per_second };
  return { interval: expirer_interval, log, ...(scrub && { scrubbing }) };
}

/** @throws StorageError that names the option to change */
async function openData(
  folder: string,
  storageOptions: StorageOptions & { readonly log?: Log },
): Promise<Storage> {
  try {
    if (storageOptions.role !== 'worker') await refuseDamaged(folder, storageOptions.log);
    return await openStorage(folder, storageOptions);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const message = `${error.message}; the option data of [app:embedded] names the folder`;
    throw new StorageError(error.code, message, { cause: error });
  }
}

/**
 * Access without authentication must be explicit: either a filter authenticates clients,
 * or the configuration says that none has to.
 */
function objections(
  { anonymous }: z.infer<typeof options>,
  { bind_ip, authenticators }: ServerFacts,
): readonly Objection[] {
  const option = 'anonymous';
  if (anonymous === 'none') {
    const cause =
      'no client could do anything: add a filter that authenticates (tempauth) to the pipeline, or let every client on this machine do everything with anonymous = all';
    return authenticators.length > 0 ? [] : [{ cause }];
  }
  if (authenticators.length > 0) {
    const cause = `${authenticators.join(' and ')} would still decide who may do what: remove this option, or the filter`;
    return [{ option, cause }];
  }
  if (isLoopback(bind_ip)) return [];
  return [
    {
      option,
      cause: `every client that reaches ${bind_ip} could do everything; bind_ip must be a loopback address`,
    },
  ];
}

/** The app without access control: every client may do everything. */
function openToAll(app: App): App {
  const open = (request: Request): Request => ({ authorise: () => undefined, ...request });
  return {
    ...app,
    handler: (request) => app.handler(open(request)),
    mayWrite: (request, target, rightOptions) => app.mayWrite(open(request), target, rightOptions),
    mayLock: (request, target) => app.mayLock(open(request), target),
  };
}

/**
 * Serves a storage.
 *
 * @param housekeeping omitted if another process does it
 */
export function createEmbeddedApp(
  storage: Storage,
  {
    cors,
    housekeeping,
  }: { readonly cors?: CorsSettings; readonly housekeeping?: Housekeeping } = {},
): App {
  return {
    handler: createHandler(storage, cors),
    power: 'service',
    protectsParts: true,
    mayWrite: (request, target) => Promise.resolve(mayWrite(storage, request, target)),
    mayLock: (request, target) => Promise.resolve(mayWrite(storage, request, target)),
    close: housekeeping ? startHousekeeping(storage, housekeeping) : () => storage.close(),
  };
}

/**
 * Makes the checks that the handler makes before it asks for the right, so that both
 * respond alike.
 */
function mayWrite(storage: Storage, request: Request, target: ObjectTarget): Right | Response {
  const refusal = refusalForNames(target);
  if (refusal) return refusal;
  const container = storage.container(target.account, target.container);
  const forbidden = refusalFor(request, resourceOf(storage, 'PUT', target, container));
  return forbidden ?? Right.established('write', target);
}
