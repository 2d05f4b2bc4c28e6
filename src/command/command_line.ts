import { basename } from 'node:path';
import { inPackage } from '../util/in_package';

/**
 * Returns the command by which this program was started, for a person to repeat: with
 * npx, from a build, or by its name.
 */
export function commandLine(
  [, script = '']: readonly string[] = process.argv,
  { npm_command }: NodeJS.ProcessEnv = process.env,
): string {
  if (npm_command === 'exec') return 'npx --no-install hindsight';
  return basename(script) === 'cli.js' ? `node ${inPackage('dist/src/cli.js')}` : 'hindsight';
}
