import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { readConfig } from '../../pipeline/load';
import { codeOf } from '../../util/errors';
import { UsageError } from '../usage_error';
import { commandLine } from '../command_line';
import type { Answers, Kind } from './answers';
import { formatConfiguration } from './configuration';
import { requireAll, type InitFlags } from './flags';
import { Interview } from './interview';
import { conduct } from './questions';
import { Terminal } from './terminal';

/** Only its owner may read a configuration, since it has keys. */
const MODE = 0o600;

/**
 * Writes a configuration from flags, and from what a person at the terminal answers.
 *
 * @throws UsageError if the file exists, or flags are missing or wrong
 * @throws ConfigError if an answer is no valid option
 */
export async function runInit(file: string, flags: InitFlags): Promise<void> {
  if (existsSync(file)) throw existing(file);
  const terminal = Terminal.find();
  try {
    if (!terminal) requireAll(flags);
    const interview = new Interview(terminal, flags.kind === undefined);
    const answers = await conduct(interview, flags);
    const text = formatConfiguration(answers);
    readConfig(text, file);
    create(file, text);
    process.stdout.write(report(file, answers, interview.hasAsked));
  } finally {
    terminal?.close();
  }
}

/** Creates a file; never replaces one, nor follows a link. */
function create(file: string, text: string): void {
  let fd: number;
  try {
    fd = openSync(file, 'wx', MODE);
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? existing(file) : error;
  }
  try {
    writeFileSync(fd, text);
  } catch (error) {
    rmSync(file);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function existing(file: string): UsageError {
  return new UsageError(`${file} exists, and is not overwritten: choose another name`);
}

const WHAT_KEYS_ARE: Readonly<Record<Kind, string>> = {
  embedded: 'generated, which are also the secret keys of S3',
  swift: 'generated, which are the secret keys of S3 (secret_key)',
  keystone: 'generated',
};

/** @param showsKeys to a person only: elsewhere the output may be a log */
function report(file: string, { kind, users }: Answers, showsKeys: boolean): string {
  const keys = users.map(({ account, user, key }) => `  ${account}:${user}  ${key}`);
  return [
    `${file} is written, and only you can read it.`,
    ...(users.length === 0
      ? []
      : showsKeys
        ? [`The users and their keys, ${WHAT_KEYS_ARE[kind]}:`, ...keys]
        : [`It has the keys of its users, ${WHAT_KEYS_ARE[kind]}.`]),
    'Next:',
    `  ${commandLine()} check ${file}`,
    `  ${commandLine()} serve --config ${file}`,
    '',
  ].join('\n');
}
