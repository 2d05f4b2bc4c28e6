import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { guardingParts } from '../../middleware/parts_guard';
import { ConfigError } from '../config/error';
import { parseIni, type IniSection } from '../config/ini';
import { readOptions, seconds, whole } from '../config/options';
import { Credentials } from '../credentials/credential';
import { CREDENTIALS_FORM, isCredential, readCredential, readCredentialsFile } from '../credentials/sections';
import { messageOf } from '../errors';
import type {
  App,
  AppPlugin,
  FilterContext,
  FilterPlugin,
  Introduction,
  Lookout,
  LookoutContext,
  Presidency,
  ProcessRole,
  RequestHead,
} from '../plugin';
import type { Filter } from '../http/message';
import type { Log } from '../log';
import { bodyMemory as max_body_memory } from '../config/body_memory';
import { redisUrl, withoutRedis } from '../redis/url';
import { apps, filters } from './registry';

/** A number of processes, or `auto`, one for each processor that this one may use. */
const workers = z.union([z.literal('auto').transform(() => availableParallelism()), whole(1, 1024)], {
  error: 'not auto, nor a whole number from 1 to 1024',
});

const server = z.object({
  bind_ip: z.string().default('127.0.0.1'),
  bind_port: whole(0, 65_535).default(8080),
  workers: workers.default(1),
  log_level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'not known; known: trace, debug, info, warn, error, fatal, silent',
    })
    .default('info'),
  client_timeout: seconds(0.01, 86_400).default(60_000),
  shutdown_timeout: seconds(0, 86_400).default(600_000),
  redis_url: redisUrl.optional(),
  lock_lease: seconds(1, 3600).default(10_000),
  without_redis: withoutRedis.default('refuse'),
  max_header_size: whole(8 * 1024, 1024 * 1024).default(128 * 1024),
  max_connections: whole(1, 1_000_000).optional(),
  max_body_memory,
});

/** The options of `[DEFAULT]`. */
export type ServerOptions = Readonly<z.infer<typeof server>>;

/** A configuration that was read and found right. */
export interface Config {
  readonly file: string;
  /** What was read, so that another process can read the same. */
  readonly text: string;
  readonly server: ServerOptions;
  /** The names in the pipeline, for people. */
  readonly pipeline: readonly string[];
  /** What to tell a newcomer. */
  readonly introduction: Introduction;
  /** What `check` says besides, a sentence each. */
  readonly remarks: readonly string[];
  /** What is done once for all workers. */
  preside(log: Log): Promise<Presidency>;
  /** What looks out for other servers over the same store; undefined where nobody has to. */
  lookout(context: LookoutContext): Lookout | undefined;
  createApp(log: Log, role: ProcessRole): Promise<App>;
  /** In the order of the pipeline. */
  createFilters(context: Omit<FilterContext, 'credentials' | 'claims'>): Filter[];
  /** Whether a filter answers a request in an API of its own. */
  claims(head: RequestHead): boolean;
}

/**
 * Reads a configuration from a file.
 *
 * @throws ConfigError that names the line, the cause and what is known instead
 */
export function loadConfig(file: string, env: NodeJS.ProcessEnv = process.env): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(file, undefined, messageOf(error));
  }
  return readConfig(text, file, env);
}

/** Reads a configuration from text; `file` is what messages call it. */
export function readConfig(text: string, file: string, env: NodeJS.ProcessEnv = process.env): Config {
  const sections = parseIni(text, file, env);
  const fail = (line: number | undefined, cause: string) => new ConfigError(file, line, cause);
  for (const section of sections.values()) {
    const { name, line } = section;
    if (!/^(DEFAULT|pipeline:main|(filter|app):\S+)$/.test(name) && !isCredential(section)) {
      throw fail(
        line,
        `unknown section [${name}]; known: [DEFAULT], [pipeline:main], [filter:NAME], [app:NAME], ${CREDENTIALS_FORM}`,
      );
    }
  }
  const main = sections.get('pipeline:main');
  const listed = main?.options.get('pipeline');
  if (!main || !listed)
    throw fail(main?.line, 'needs a section [pipeline:main] with the option pipeline = FILTER... APP');
  readOptions(main, z.object({ pipeline: z.string() }), file);
  const names = listed.value.split(/\s+/).filter(Boolean);
  const appName = names.at(-1) ?? '';
  const filterNames = names.slice(0, -1);

  const plugged = <P extends AnyPlugin>(kind: 'filter' | 'app', name: string, known: readonly P[]) => {
    const section = sections.get(`${kind}:${name}`) ?? emptySection(`${kind}:${name}`, listed.line);
    const use = section.options.get('use');
    const plugin = findPlugin(use?.value ?? name, known);
    if (!plugin) {
      const all = known.map((each) => each.name).join(', ');
      throw fail(use?.line ?? listed.line, `unknown ${kind} ${use?.value ?? name}; known: ${all}`);
    }
    return { plugin, section, options: readOptions(section, plugin.options, file, plugin.moreOptions) };
  };
  const app = plugged('app', appName, apps);
  const inOrder = filterNames.map((name) => plugged('filter', name, filters));
  checkOrder(
    inOrder.map(({ plugin }) => plugin),
    (cause) => fail(listed.line, cause),
  );
  for (const { name, line } of sections.values()) {
    const [kind, of = ''] = name.split(':');
    if (kind === 'filter' && !filterNames.includes(of)) plugged('filter', of, filters);
    if (kind === 'app' && of !== appName)
      throw fail(line, `[${name}] is not the end of the pipeline, which is ${appName}`);
  }
  const serverOptions = readOptions(sections.get('DEFAULT') ?? emptySection('DEFAULT', 1), server, file);
  for (const { plugin, options, section } of inOrder) {
    const objection = plugin.objection?.(options, serverOptions);
    if (objection) throw fail(section.line, `[${section.name}] ${objection}`);
  }
  const given = [...sections.values()].filter(isCredential).map((section) => readCredential(section, file));
  const files = inOrder.flatMap(({ plugin, options }) => plugin.credentialsFile?.(options) ?? []);
  const credentials = new Credentials([
    ...given,
    ...files.flatMap((path) => readCredentialsFile(path, file, env)),
    ...inOrder.flatMap(({ plugin, options }) => plugin.users?.(options) ?? []),
  ]);
  const claims = (head: RequestHead) =>
    inOrder.some(({ plugin, options }) => plugin.claims?.(options, head) ?? false);
  const introductions = [app, ...inOrder].map(({ plugin, options }) => plugin.introduce?.(options));
  const introduction = together(introductions);
  return Object.freeze({
    file,
    text,
    server: serverOptions,
    introduction,
    pipeline: names,
    remarks: app.plugin.remarks?.(app.options, introduction) ?? [],
    preside: async (log: Log) => app.plugin.preside?.(app.options, log) ?? { close: () => Promise.resolve() },
    lookout: (context: LookoutContext) =>
      inOrder.some(({ plugin, options }) => plugin.needsLocks?.(options))
        ? app.plugin.lookout?.(app.options, context)
        : undefined,
    createApp: async (log: Log, role: ProcessRole) => app.plugin.create(app.options, log, role),
    createFilters: (context: Omit<FilterContext, 'credentials' | 'claims'>) => {
      const made = inOrder.map(({ plugin, options }) =>
        plugin.create(options, { ...context, credentials, claims }),
      );
      return made.toSpliced(
        placeOfGuard(inOrder.map(({ plugin }) => plugin.name)),
        0,
        guardingParts(context.app),
      );
    },
    claims,
  });
}

/** What all plugins tell a newcomer. */
function together(introductions: readonly (Introduction | undefined)[]): Introduction {
  const dialects = introductions.flatMap((each) => each?.dialects ?? []);
  return { ...(Object.assign({}, ...introductions) as Introduction), dialects };
}

/** Filters that authenticate, or make many requests of one. */
const BEFORE_GUARD = ['s3api', 'cosapi', 'qsapi', 'bulk', 'tempauth', 'tempurl', 'formpost'];

/** Where the parts of uploads are guarded: before `versioned_writes`, and behind all of those. */
function placeOfGuard(names: readonly string[]): number {
  const writes = names.indexOf('versioned_writes');
  const behind = names.findLastIndex((name) => BEFORE_GUARD.includes(name)) + 1;
  return Math.max(writes < 0 ? names.length : writes, behind);
}

type AnyPlugin = Pick<AppPlugin, 'name' | 'aliases' | 'options'> & Pick<FilterPlugin, 'moreOptions'>;

function emptySection(name: string, line: number): IniSection {
  return { name, line, options: new Map() };
}

/** `egg:swift#NAME` and `egg:hindsight#NAME` mean the same as `NAME`. */
function findPlugin<P extends AnyPlugin>(use: string, known: readonly P[]): P | undefined {
  const name = use.replace(/^egg:(swift|hindsight)#/, '');
  return known.find((plugin) => plugin.name === name || plugin.aliases?.includes(name));
}

function checkOrder(plugins: readonly FilterPlugin[], fail: (cause: string) => ConfigError): void {
  for (const [index, { name, first, requires = {}, precedes = {} }] of plugins.entries()) {
    if (plugins.findIndex((other) => other.name === name) !== index)
      throw fail(`${name} is in the pipeline twice`);
    if (first && index > 0) throw fail(`${name} must be the first of the pipeline`);
    for (const [needed, why] of Object.entries(requires)) {
      const at = plugins.findIndex((other) => other.name === needed);
      if (at < 0 || at > index) throw fail(`${name} needs ${needed} before it in the pipeline: ${why}`);
    }
    for (const [later, why] of Object.entries(precedes)) {
      const at = plugins.findIndex((other) => other.name === later);
      if (at >= 0 && at < index) throw fail(`${name} must stand before ${later} in the pipeline: ${why}`);
    }
  }
}
