// npm run test:mutation -- PART [OPTION OF STRYKER]...: see README.md here
import { StrykerCli } from '@stryker-mutator/core';
import { PARTS } from './parts.mjs';

const [part, ...options] = process.argv.slice(2);
if (part === undefined || !Object.hasOwn(PARTS, part)) {
  const told = part === undefined ? console.log : console.error;
  told('npm run test:mutation -- PART, where PART is one of');
  for (const [name, { minutes, files }] of Object.entries(PARTS))
    told(`  ${name.padEnd(10)} about ${String(minutes).padStart(2)} minutes: ${files.join(', ')}`);
  process.exit(part === undefined ? 0 : 2);
}
process.env.MUTATION_PART = part;
// properties are tried for each mutant, so a thirtieth of the usual number of times has to do
process.env.PROPERTY_RUNS ??= '0.03';
await new StrykerCli([
  'node',
  'stryker',
  'run',
  'test/mutation/stryker.config.mjs',
  ...options,
]).run();
