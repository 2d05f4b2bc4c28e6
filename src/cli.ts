#!/usr/bin/env node
// oxlint-disable typescript/no-require-imports -- an import loads all commands
import './util/supported_node';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { ConfigError } from './config/error';
import { codeOf, messageOf } from './util/errors';
import { createLog, type Log } from './util/log';
import { killSelf } from './server/kill_self';
import { formatBanner } from './server/banner';
import type * as Load from './pipeline/load';
import type * as RunBackup from './server/run_backup';
import type * as Serve from './server/serve';
import type * as Workers from './server/workers';
import type * as FsckCommand from './stores/embedded/fsck/fsck_command';
import type { FsckOptions } from './stores/embedded/fsck/fsck_command';

// files that a command or its workers create are private to its user
process.umask(0o077);

/** The default configuration: a store of its own. */
const EMBEDDED = relative(process.cwd(), join(__dirname, '../../config/embedded.conf'));

// a command loads its modules when it runs: loading takes most of a short command's time
const program = new Command('hindsight')
  .description(
    'A versioning proxy for OpenStack Swift: keeps every version of an object that is overwritten or deleted.',
  )
  .showHelpAfterError();

program
  .command('serve')
  .description('run the server until SIGTERM or SIGINT')
  .option(
    '-c, --config <file>',
    "the configuration file, in Swift's ini format; see config/ for samples",
    EMBEDDED,
  )
  .action(async ({ config: file }: { config: string }) => {
    const { isWorker, serveAsWorker, startWorkers } = require('./server/workers') as typeof Workers;
    if (isWorker()) {
      const worker = await serveAsWorker((server, log) =>
        stop(server, log, 'the server is stopping'),
      );
      if (worker) stopOnSignals(worker.server, worker.log);
      return;
    }
    const { loadConfig } = require('./pipeline/load') as typeof Load;
    const config = loadConfig(file);
    const log = createLog(config.server.log_level);
    const { workers } = config.server;
    const { startServer } = require('./server/serve') as typeof Serve;
    const server = await (workers === 1 ? startServer(config, log) : startWorkers(config, log));
    if (config.banner.data !== undefined)
      process.stderr.write(formatBanner(server.url, config.banner));
    log.info({ url: server.url, pipeline: config.pipeline.join(' '), workers }, 'serving');
    stopOnSignals(server, log);
  });

function stopOnSignals(server: Serve.RunningServer, log: Log): void {
  // stderr may be a file on a full disk, which must not stop the server
  process.stderr.on('error', () => undefined);
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop(server, log, signal));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'exiting after an uncaught exception');
    killSelf();
  });
}

/** Waits for requests in progress, then ends this process. */
function stop(server: Serve.RunningServer, log: Log, why: string): void {
  log.info({ why }, 'stopping: waiting for requests in progress');
  server.close().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'could not stop cleanly');
      process.exit(1);
    },
  );
}

program
  .command('check')
  .description('check the configuration without starting a server')
  .requiredOption('-c, --config <file>', 'the configuration file')
  .action(({ config: file }: { config: string }) => {
    const { loadConfig } = require('./pipeline/load') as typeof Load;
    const config = loadConfig(file);
    process.stdout.write(`${file} is valid: ${config.pipeline.join(' ')}\n`);
    for (const remark of config.remarks) process.stdout.write(`note: ${remark}\n`);
  });

program
  .command('backup')
  .description(
    'back up the data of an embedded store, even while it is in use; copies only what has changed',
  )
  .argument('<data>', 'the data folder')
  .argument('<target>', 'the backup: a new or empty folder, or an earlier backup of the same data')
  .action(async (data: string, target: string) => {
    const { runBackup } = require('./server/run_backup') as typeof RunBackup;
    process.exitCode = await runBackup(data, target);
  });

program
  .command('fsck')
  .description(
    'verify the data of an embedded store: structure, records, bodies and counters; changes nothing without --repair',
  )
  .argument('<folder>', 'the data folder')
  .option('--repair', 'move damaged data to FOLDER/damaged, list it there, and correct the rest')
  .option('--dry-run', 'with --repair: only report what would be done')
  .action(async (folder: string, options: FsckOptions) => {
    const { runFsck } = require('./stores/embedded/fsck/fsck_command') as typeof FsckCommand;
    await runFsck(folder, options);
  });

program.parseAsync().catch((error: unknown) => {
  const expected = error instanceof ConfigError || codeOf(error) !== '';
  process.stderr.write(
    `hindsight: ${expected ? messageOf(error) : ((error as Error).stack ?? String(error))}\n`,
  );
  process.exit(1);
});
