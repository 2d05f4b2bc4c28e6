import { loadConfig } from '../pipeline/load';
import { formatHosts } from '../coordination/redis/url';
import { formatBanner } from '../server/banner';
import { startServer } from '../server/serve';
import { isWorker, serveAsWorker } from '../server/worker';
import { startWorkers } from '../server/workers';
import { inPackage } from '../util/in_package';
import { createLog } from '../util/log';
import { stop, stopOnSignals } from './stop';

const DOCUMENTS = ['README.md', 'docs/', 'config/'];

/**
 * Serves until a signal stops this process, by a configuration, or as one of the workers
 * of a process that does.
 */
export async function runServe(file: string): Promise<void> {
  if (isWorker()) {
    const worker = await serveAsWorker((server, log) =>
      stop(server, log, 'the server is stopping'),
    );
    if (worker) stopOnSignals(worker.server, worker.log);
    return;
  }
  const config = loadConfig(file);
  const log = createLog(config.server.log_level);
  const { workers } = config.server;
  const server = await (workers === 1
    ? startServer(config, log)
    : startWorkers(config, log, (starting) => stopOnSignals(starting, log)));
  if (config.banner.data !== undefined)
    process.stderr.write(formatBanner(server.url, config.banner, DOCUMENTS.map(inPackage)));
  if (workers === 1) stopOnSignals(server, log);
  const { redis_url: redis } = config.server;
  log.info(
    {
      url: server.url,
      pipeline: config.pipeline.join(' '),
      workers,
      ...(redis && { redis: formatHosts(redis) }),
    },
    'serving',
  );
}
