import { aptInstall, describeNeeding } from '../running/needs';
import { USERS } from '../servers/swift';
import { runWarm } from './warm_command';

const COMMAND = '/usr/bin/swift';

/** Declares a suite that needs the `swift` command. */
export function describeWithSwiftCli(suite: () => void): void {
  describeNeeding(
    { name: 'swift command', file: COMMAND, install: aptInstall('python3-swiftclient') },
    'the swift command',
    suite,
  );
}

/**
 * Returns a function that runs the `swift` command as a user of an endpoint, in a folder,
 * and returns its output. It throws with the output if the command fails.
 */
export function swiftCli(url: string, user: keyof typeof USERS, cwd: string) {
  const [name, key] = USERS[user];
  const inherited = Object.entries(process.env).filter(([variable]) => !/^(OS|ST)_/.test(variable));
  const env = {
    ...Object.fromEntries(inherited),
    ST_AUTH: `${url}/auth/v1.0`,
    ST_USER: name,
    ST_KEY: key,
    // the command decodes its arguments by the locale
    LC_ALL: 'C.UTF-8',
  };
  return async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runWarm(COMMAND, { args, env, cwd });
    if (code !== 0)
      throw new Error(`swift ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  };
}
