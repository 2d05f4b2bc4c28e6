import { corsFilter } from '../../middleware/cors';
import { partsGuard } from '../../middleware/parts_guard';
import { parseIni, type IniSection } from '../config/ini';
import { isLoopback } from '../config/loopback';
import { Mistakes } from '../config/mistakes';
import { readOptions } from '../config/options';
import type { Passthrough } from '../config/passthrough';
import { SecretFiles } from '../config/secret_files';
import { readText } from '../config/text';
import type { Credentials } from '../auth/credential';
import { CREDENTIALS_FORM, isCredential } from '../auth/credential_sections';
import type {
  App,
  AppPlugin,
  FilterContext,
  FilterPlugin,
  Banner,
  SoleServerMonitor,
  SoleServerContext,
  PrimaryTask,
  ProcessRole,
  RequestHead,
  UnsignedHead,
} from '../plugin/plugin';
import type { Filter } from '../swift_api/message';
import type { Log } from '../util/log';
import { readCredentials } from './credentials';
import { Entries, isValid, type Entry, type ValidEntry } from './entries';
import { checkOrder, corsIndex, guardIndex } from './order';
import { apps, filterPaths, filters } from './registry';
import { isUnclaimed } from './unsigned_paths';
import { pipelineOptions, serverOptions as server, type ServerOptions } from './server_options';

/** What the filters of a pipeline receive, besides what the configuration determines. */
type PipelineContext = Omit<FilterContext, 'credentials' | 'claims' | 'paths' | 'isUnclaimed'>;

/** A valid configuration. */
export interface Config {
  readonly file: string;
  /** The text, so that another process can read the same configuration. */
  readonly text: string;
  /** The secrets that it takes from files, likewise. */
  readonly secretFiles: Readonly<Record<string, string>>;
  readonly server: ServerOptions;
  /** The names in the pipeline, for messages. */
  readonly pipeline: readonly string[];
  /** What the banner shows. */
  readonly banner: Banner;
  /** Further remarks of `check`, one sentence each. */
  readonly remarks: readonly string[];
  /** Starts what runs once for all workers. */
  startPrimary(log: Log): Promise<PrimaryTask>;
  /** Returns the monitor of other servers of the store; undefined if none is needed. */
  createSoleServerMonitor(context: SoleServerContext): SoleServerMonitor | undefined;
  createApp(log: Log, role: ProcessRole): Promise<App>;
  /** In the order of the pipeline. */
  createFilters(context: PipelineContext): Filter[];
  /** Returns whether a filter answers a request in an API of its own. */
  claims(head: RequestHead): boolean;
  /**
   * Returns whether a filter answers an unsigned request by a path that nobody claims.
   *
   * @param passthrough what else reaches the store
   */
  ownsUnsigned(head: UnsignedHead, passthrough: Passthrough | undefined): boolean;
}

/**
 * Reads a configuration from a file.
 *
 * @throws ConfigError that names the line, the cause and the known alternatives
 */
export function loadConfig(file: string, env: NodeJS.ProcessEnv = process.env): Config {
  return readConfig(readText(file), file, env);
}

/**
 * Reads a configuration from text; `file` is its name in messages, and paths of secrets
 * are relative to its folder.
 *
 * @param secrets those that another process has read from files
 * @throws ConfigError with all mistakes
 */
export function readConfig(
  text: string,
  file: string,
  env: NodeJS.ProcessEnv = process.env,
  secrets = new SecretFiles(),
): Config {
  const mistakes = new Mistakes(file);
  const sections = parseIni(text, mistakes, env, secrets);
  checkNames(sections, mistakes);
  const main = sections.get('pipeline:main');
  const pipelineOption = main?.options.get('pipeline');
  const serverOptions = readOptions(
    sections.get('DEFAULT') ?? noSection('DEFAULT'),
    server,
    mistakes,
  );
  if (main) readOptions(main, pipelineOptions, mistakes);
  if (!main || !pipelineOption?.value) {
    if (!pipelineOption?.isBroken)
      mistakes.add(
        main?.line,
        'needs a section [pipeline:main] with the option pipeline = FILTER... APP',
      );
    mistakes.throwIfAny();
    throw new Error(HAS_MISTAKE);
  }
  const names = pipelineOption.value.split(/\s+/).filter(Boolean);
  const loaded = loadPipeline(names, pipelineOption.line, sections, mistakes);
  const { app, inOrder } = loaded;
  if (serverOptions && app) checkObjections(app, inOrder, serverOptions, mistakes);
  const bindIp = serverOptions?.bind_ip ?? '127.0.0.1';
  const reached = app?.plugin.storesObjects && !isLoopback(bindIp) ? bindIp : undefined;
  const sources = { sections, filters: inOrder.filter(isValid), env, secrets };
  const credentials = readCredentials(sources, mistakes, reached);
  mistakes.throwIfAny();
  if (!serverOptions || !app || !isValid(app)) throw new Error(HAS_MISTAKE);
  const { unused } = loaded;
  return configOf({
    file,
    text,
    secretFiles: secrets.known,
    server: serverOptions,
    names,
    app,
    filters: sources.filters,
    unused,
    credentials,
  });
}

const HAS_MISTAKE = 'a part that could not be read must have thrown its mistake';

/** Reports sections of an unknown kind. */
function checkNames(sections: ReadonlyMap<string, IniSection>, mistakes: Mistakes): void {
  for (const section of sections.values()) {
    const { name, line } = section;
    if (/^(DEFAULT|pipeline:main|(filter|app):\S+)$/.test(name) || isCredential(section)) continue;
    const forms = `[DEFAULT], [pipeline:main], [filter:NAME], [app:NAME], ${CREDENTIALS_FORM}`;
    mistakes.add(line, `unknown section [${name}]; known: ${forms}`);
  }
}

interface Loaded {
  readonly app: Entry<AppPlugin> | undefined;
  readonly inOrder: readonly Entry<FilterPlugin>[];
  /** Sections of filters that are not in the pipeline. */
  readonly unused: readonly IniSection[];
}

function loadPipeline(
  names: readonly string[],
  line: number,
  sections: ReadonlyMap<string, IniSection>,
  mistakes: Mistakes,
): Loaded {
  const [filterNames, appNames] = [names.slice(0, -1), names.slice(-1)];
  const entries = new Entries(sections, line, mistakes);
  entries.reportMisspelt('filter', filterNames, filters);
  entries.reportMisspelt('app', appNames, apps);
  const [app] = entries.read('app', appNames, apps);
  const inOrder = entries.read('filter', filterNames, filters);
  checkOrder(
    inOrder.map(({ plugin }) => plugin),
    (cause) => mistakes.add(line, cause),
  );
  const unused = entries.readUnused('filter', filterNames, filters);
  for (const section of entries.readUnused('app', appNames, apps))
    mistakes.add(
      section.line,
      `[${section.name}] is not the app at the end of the pipeline, which is ${appNames.join()}`,
    );
  return { app, inOrder, unused };
}

function checkObjections(
  app: Entry<AppPlugin>,
  inOrder: readonly Entry<FilterPlugin>[],
  { bind_ip }: ServerOptions,
  mistakes: Mistakes,
): void {
  const authenticators = inOrder
    .filter(({ plugin }) => plugin.authenticates)
    .map(({ name }) => name);
  const facts = { bind_ip, authenticators, paths: filterPaths };
  for (const { plugin, options, section } of [app, ...inOrder]) {
    if (options === undefined) continue;
    for (const { option, cause } of plugin.objections?.(options, facts) ?? []) {
      const line = section.options.get(option ?? '')?.line ?? section.line;
      mistakes.add(line, `[${section.name}] ${option === undefined ? '' : `${option}: `}${cause}`);
    }
  }
}

/** Builds a configuration from its parts, all of which are valid. */
function configOf({
  file,
  text,
  secretFiles,
  server: serverOptions,
  names,
  app: { plugin, options },
  filters: inOrder,
  unused,
  credentials,
}: {
  readonly file: string;
  readonly text: string;
  readonly secretFiles: Readonly<Record<string, string>>;
  readonly server: ServerOptions;
  readonly names: readonly string[];
  readonly app: ValidEntry<AppPlugin>;
  readonly filters: readonly ValidEntry<FilterPlugin>[];
  readonly unused: readonly IniSection[];
  readonly credentials: Credentials;
}): Config {
  const claims = (head: RequestHead) =>
    inOrder.some((each) => each.plugin.claims?.(each.options, head, filterPaths) ?? false);
  const named = {
    claims,
    paths: filterPaths,
    prefixes: inOrder.flatMap((each) => each.plugin.prefixes?.(each.options) ?? []),
  };
  const ownsUnsigned = inOrder.some(
    (each) => each.plugin.ownsUnsignedPaths?.(each.options) ?? false,
  );
  const banners = [
    plugin.banner?.(options),
    ...inOrder.map((each) => each.plugin.banner?.(each.options)),
  ];
  const banner = mergeBanners(banners);
  return Object.freeze({
    file,
    text,
    secretFiles,
    server: serverOptions,
    banner,
    pipeline: names,
    remarks: [...(plugin.remarks?.(options, banner) ?? []), ...unused.map(unusedRemark)],
    startPrimary: async (log: Log) =>
      plugin.startPrimary?.(options, log) ?? { close: () => Promise.resolve() },
    createSoleServerMonitor: (context: SoleServerContext) =>
      inOrder.some((each) => each.plugin.needsLocks?.(each.options))
        ? plugin.soleServerMonitor?.(options, context)
        : undefined,
    createApp: async (log: Log, role: ProcessRole) => plugin.create(options, log, role),
    createFilters: (context: PipelineContext) => {
      const passthrough = context.app.upstream?.passthrough;
      const whole: FilterContext = {
        ...context,
        credentials,
        claims,
        paths: filterPaths,
        isUnclaimed: (head) => isUnclaimed(head, named, passthrough),
      };
      const created = inOrder.map((each) => each.plugin.create(each.options, whole));
      const plugins = inOrder.map((each) => each.plugin);
      return created
        .toSpliced(guardIndex(plugins), 0, partsGuard(context.app))
        .toSpliced(corsIndex(plugins), 0, corsFilter(context.app));
    },
    claims,
    ownsUnsigned: (head: UnsignedHead, passthrough: Passthrough | undefined) =>
      ownsUnsigned && isUnclaimed(head, named, passthrough),
  });
}

function unusedRemark({ name, line }: IniSection): string {
  return `[${name}] (line ${line}) is unused: it is not in the pipeline`;
}

/** Merges the banners of all plugins. */
function mergeBanners(banners: readonly (Banner | undefined)[]): Banner {
  const dialects = banners.flatMap((each) => each?.dialects ?? []);
  return { ...(Object.assign({}, ...banners) as Banner), dialects };
}

function noSection(name: string): IniSection {
  return { name, line: 1, options: new Map() };
}
