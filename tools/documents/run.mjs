#!/usr/bin/env node
// Writes the pages of docs/ that are generated from the source. With --check it writes
// nothing, and fails with a diff if a page is not what would be written.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { require } from '../../test/support/running/register.mjs';

process.chdir(join(import.meta.dirname, '../..'));
const { pages } = require('./tools/documents/pages.ts');
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

for (const { path, write } of pages) {
  if (!values.check) writeFileSync(path, write());
  else if (differs(path, write())) process.exitCode = 1;
}
if (process.exitCode === 1) console.error('Run `npm run docs`, and commit what it changes.');

/** Prints how a page differs from what would be written. */
function differs(path, text) {
  const { status, error } = spawnSync(
    'git',
    ['diff', '--no-index', '--no-color', '--', path, '-'],
    { input: text, stdio: ['pipe', 'inherit', 'inherit'] },
  );
  if (error) throw error;
  return status !== 0;
}
