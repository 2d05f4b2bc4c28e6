#!/usr/bin/env node
// oxlint-disable typescript/no-require-imports -- an import loads all commands
import './util/supported_node';
import { Command } from 'commander';
import { describeFailure } from './command/failure';
import { UsageError } from './command/usage_error';
import { codeOf } from './util/errors';
import { inPackage } from './util/in_package';
import { VERSION } from './util/version';
import type * as Check from './command/check';
import type * as Health from './command/health';
import type * as Init from './command/init/init';
import type { InitFlags } from './command/init/flags';
import type * as Serve from './command/serve';
import type * as RunBackup from './server/run_backup';
import type * as FsckCommand from './stores/embedded/fsck/fsck_command';
import type { FsckOptions } from './stores/embedded/fsck/fsck_command';

// files that a command or its workers create are private to its user
process.umask(0o077);

/** The default configuration: a store of its own. */
const EMBEDDED = inPackage('config/embedded.conf');

// a command loads its modules when it runs: loading takes most of a short command's time
const program = new Command('hindsight')
  .description(
    'A versioning proxy for OpenStack Swift: keeps every version of an object that is overwritten or deleted.',
  )
  .version(VERSION, '-V, --version', 'print the version')
  .addHelpText(
    'after',
    `
Example:
  hindsight init my.conf              asks, and writes a configuration
  hindsight check my.conf             reports all its mistakes
  hindsight serve --config my.conf

Documents: ${inPackage('README.md')}, ${inPackage('docs/')}, ${inPackage('config/')}`,
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
    const { runServe } = require('./command/serve') as typeof Serve;
    await runServe(file);
  });

program
  .command('check')
  .description('check a configuration without starting a server')
  .argument('[file]', 'the configuration file')
  .option('-c, --config <file>', 'the same')
  .action((argument: string | undefined, { config }: { config?: string }) => {
    const [file, other] = [argument, config].filter((each) => each !== undefined);
    if (file === undefined) throw new UsageError('which configuration? hindsight check FILE');
    if (other !== undefined) throw new UsageError('check takes one configuration');
    const { runCheck } = require('./command/check') as typeof Check;
    runCheck(file);
  });

program
  .command('init')
  .description('write a configuration, by asking at a terminal or by flags; overwrites nothing')
  .argument('[file]', 'the configuration file to create', 'hindsight.conf')
  .option('--kind <kind>', 'embedded: a store of its own; swift, keystone: in front of a Swift')
  .option('--ip <address>', 'the address to listen on (default: 127.0.0.1)')
  .option('--port <port>', 'the port to listen on (default: 8080)')
  .option('--s3', "with S3's API (default)")
  .option('--no-s3', 'without it')
  .option('--data <folder>', 'embedded: the folder of the data (default: ./data)')
  .option(
    '--user <account:name>',
    'a user with a generated key, also several times; swift: a user of S3, with =FILE for the key at the Swift',
    (user: string, others: readonly string[] | undefined) => [...(others ?? []), user],
  )
  .option('--upstream <url>', 'swift, keystone: the Swift')
  .option('--auth-url <url>', 'swift, keystone: where the service user logs in')
  .option('--service-user <name>', 'swift, keystone: the service user')
  .option('--no-service-user', 'everything is done with the token of the client')
  .option('--service-key-file <file>', 'a file with the key of the service user')
  .option('--service-project <name>', 'keystone: its project (default: service)')
  .action(async (file: string, flags: InitFlags) => {
    const { runInit } = require('./command/init/init') as typeof Init;
    await runInit(file, flags);
  });

program
  .command('health')
  .description('ask a server whether it is alive; exit code 0 if it is, 1 if not')
  .argument('[url]', 'its URL; default: the address in the configuration')
  .option('-c, --config <file>', 'the configuration file', EMBEDDED)
  .action(async (url: string | undefined, { config: file }: { config: string }) => {
    const { runHealth } = require('./command/health') as typeof Health;
    process.exitCode = await runHealth(url, file);
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

// the reader of what a short command prints may leave early, as `head` does
program.hook('preAction', (_, command) => {
  if (command.name() === 'serve') return;
  process.stdout.on('error', (error) => {
    if (codeOf(error) !== 'EPIPE') throw error;
    process.exit(0);
  });
});

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`hindsight: ${describeFailure(error)}\n`);
  process.exit(1);
});
