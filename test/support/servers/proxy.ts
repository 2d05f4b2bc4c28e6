import { createLog } from '../../../src/util/log';
import { readConfig, type Config } from '../../../src/pipeline/load';
import { startServer, type RunningServer } from '../../../src/server/serve';

export interface ProxyOptions {
  /**
   * Whether to archive with the service user instead of the client's token; true by
   * default.
   */
  readonly service?: boolean;
  /** The value of allow_versioned_writes; undefined leaves it unset. */
  readonly allow?: string | undefined;
  /** Further filters in front of versioned_writes. */
  readonly filters?: string;
  /**
   * Whether it looks for other servers over the store; off by default, since many tests
   * start several.
   */
  readonly check?: boolean;
  /** Lines to add to sections. */
  readonly defaults?: string;
  readonly filter?: string;
  readonly app?: string;
  /** Modifies the configuration before it is served. */
  readonly changed?: (config: Config) => Config;
  /** Receives each line of the log. */
  readonly onLog?: (line: Record<string, unknown>) => void;
}

/** Starts a Hindsight in this process, on a free port, in front of a store. */
export async function startProxy(
  upstream: string,
  options: ProxyOptions = {},
): Promise<RunningServer> {
  const allow = 'allow' in options ? options.allow : 'true';
  const text = `
[DEFAULT]
bind_port = 0
log_level = ${options.onLog ? 'info' : 'silent'}
${options.defaults ?? ''}
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging ${options.filters ?? ''} versioned_writes proxy-server
[filter:versioned_writes]
use = versioned_writes
${allow === undefined ? '' : `allow_versioned_writes = ${allow}`}
${options.filter ?? ''}
[app:proxy-server]
use = swift
sole_server_check = ${options.check ?? false}
upstream = ${upstream}
${options.service === false ? '' : `auth_url = ${upstream}/auth/v1.0\nauth_user = admin:admin\nauth_key = admin`}
${options.app ?? ''}
`;
  const config = readConfig(text, 'test.conf', {});
  const { onLog, changed = (same: Config) => same } = options;
  const log = createLog(
    config.server.log_level,
    onLog
      ? { write: (line: string) => onLog(JSON.parse(line) as Record<string, unknown>) }
      : undefined,
  );
  return startServer(changed(config), log);
}
