// npm run test:mutation -- PART [STRYKER OPTION]...: see README.md here
import { StrykerCli } from '@stryker-mutator/core';
import { PARTS } from './parts.mjs';

const [part, ...options] = process.argv.slice(2);
if (part === undefined || !Object.hasOwn(PARTS, part)) {
  const print = part === undefined ? console.log : console.error;
  print('npm run test:mutation -- PART, where PART is one of');
  for (const [name, { minutes, files }] of Object.entries(PARTS))
    print(`  ${name.padEnd(10)} about ${String(minutes).padStart(2)} minutes: ${files.join(', ')}`);
  process.exit(part === undefined ? 0 : 2);
}
process.env.MUTATION_PART = part;
// properties run for each mutant, so a thirtieth of the usual number of runs has to do
process.env.PROPERTY_RUNS ??= '0.03';
await new StrykerCli([
  'node',
  'stryker',
  'run',
  'test/mutation/stryker.config.mjs',
  ...options,
]).run();
