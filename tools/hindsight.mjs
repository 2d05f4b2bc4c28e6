#!/usr/bin/env node
// The command `hindsight`, which is there before it is built: npx remembers a package
// whose command is missing, and would not find it later either.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../dist/src/cli.js', import.meta.url));
if (existsSync(cli)) createRequire(import.meta.url)(cli);
else {
  process.stderr.write('hindsight: not built yet: npm ci && npm run build\n');
  process.exit(1);
}
