import { commandLine } from '../../../src/command/command_line';

it.each([
  [/^npx --no-install hindsight$/, '/x/node_modules/.bin/hindsight', 'exec'],
  [/^hindsight$/, '/usr/bin/hindsight', undefined],
  [/^node .*dist\/src\/cli\.js$/, '/x/dist/src/cli.js', undefined],
])('is %s for %s', (line, script, npm_command) => {
  expect(commandLine(['node', script], { npm_command })).toMatch(line);
});
