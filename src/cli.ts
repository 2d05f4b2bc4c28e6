#!/usr/bin/env node
import './util/supported_node';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { ConfigError } from './config/error';
import { codeOf, messageOf } from './util/errors';
import { createLog, type Log } from './util/log';
import { loadConfig } from './pipeline/load';
import { killSelf } from './server/kill_self';
import { formatBanner } from './server/banner';
import { runBackup } from './server/run_backup';
import { startServer, type RunningServer } from './server/serve';
import { isWorker, serveAsWorker, startWorkers } from './server/workers';
import { runFsck } from './stores/embedded/fsck/fsck_command';

// whatever a command writes, in this process or in its workers, is for its own user only
process.umask(0o077);

/** What is served where nothing else is said: a store of its own. */
const EMBEDDED = relative(process.cwd(), join(__dirname, '../../config/embedded.conf'));

const program = new Command('hindsight')
  .description(
    'A versioning proxy for OpenStack Swift: keeps every object that a write or a delete would destroy.',
  )
  .showHelpAfterError();

program
  .command('serve')
  .description('serve as the configuration says, until SIGTERM or SIGINT')
  .option(
    '-c, --config <file>',
    "the configuration, in Swift's ini form; config/ has samples",
    EMBEDDED,
  )
  .action(async ({ config: file }: { config: string }) => {
    if (isWorker()) {
      const worker = await serveAsWorker((server, log) => stop(server, log, 'the server stops'));
      if (worker) stopOnSignals(worker.server, worker.log);
      return;
    }
    const config = loadConfig(file);
    const log = createLog(config.server.log_level);
    const { workers } = config.server;
    const server = await (workers === 1 ? startServer(config, log) : startWorkers(config, log));
    if (config.introduction.data !== undefined)
      process.stderr.write(formatBanner(server.url, config.introduction));
    log.info({ url: server.url, pipeline: config.pipeline.join(' '), workers }, 'serving');
    stopOnSignals(server, log);
  });

function stopOnSignals(server: RunningServer, log: Log): void {
  // it may be a file on a full disk, which stops no server
  process.stderr.on('error', () => undefined);
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop(server, log, signal));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'ended by a bug');
    killSelf();
  });
}

/** Lets what is in progress end, and then ends this process. */
function stop(server: RunningServer, log: Log, why: string): void {
  log.info({ why }, 'stopping: requests in progress may end');
  server.close().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'could not stop in order');
      process.exit(1);
    },
  );
}

program
  .command('check')
  .description('read the configuration, say whether it is right, and serve nothing')
  .requiredOption('-c, --config <file>', 'the configuration')
  .action(({ config: file }: { config: string }) => {
    const config = loadConfig(file);
    process.stdout.write(`${file} is right: ${config.pipeline.join(' ')}\n`);
    for (const remark of config.remarks) process.stdout.write(`note: ${remark}\n`);
  });

program
  .command('backup')
  .description('copy the data of an embedded store, also of one in use; copies only what is new')
  .argument('<data>', 'where the data lies')
  .argument('<target>', 'the backup: a new or empty folder, or an earlier backup of the data')
  .action(async (data: string, target: string) => {
    process.exitCode = await runBackup(data, target);
  });

program
  .command('fsck')
  .description(
    'verify the data of an embedded store: structure, records, bodies, counters; changes nothing without --repair',
  )
  .argument('<folder>', 'where the data lies')
  .option('--repair', 'move what is damaged to FOLDER/damaged, with a list, and correct the rest')
  .option('--dry-run', 'with --repair: report what it would do')
  .action(runFsck);

program.parseAsync().catch((error: unknown) => {
  const expected = error instanceof ConfigError || codeOf(error) !== '';
  process.stderr.write(
    `hindsight: ${expected ? messageOf(error) : ((error as Error).stack ?? String(error))}\n`,
  );
  process.exit(1);
});
