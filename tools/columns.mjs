#!/usr/bin/env node
// Reports lines that are too wide: comments end at column 90, code at column 100. Text in
// string literals does not count, nor does a pipeline in a configuration of a test.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const MAX_COMMENT = 90;
const MAX_CODE = 100;
const SOURCES = ['*.ts', '*.mjs', '*.cjs', '*.js'];

const paths = process.argv.slice(2);
const files = execFileSync('git', ['ls-files', '--', ...(paths.length > 0 ? paths : SOURCES)], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => /\.(ts|mjs|cjs|js)$/.test(path));

/** Empties the string literals, templates and regular expressions of a line. */
function withoutLiterals(line) {
  return line.replace(
    /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`?|\/(?![/*])(?:[^/\\\n]|\\.)+\//g,
    "''",
  );
}

/** Whether a line is only a comment. */
function isComment(line) {
  return /^\s*(\/\/|\/\*|\*( |\/|$))/.test(line);
}

let wide = 0;
for (const path of files) {
  for (const [i, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    const max = isComment(line) ? MAX_COMMENT : MAX_CODE;
    if (line.length <= max || line.startsWith('pipeline = ')) continue;
    if (!isComment(line) && withoutLiterals(line).length <= max && withoutLiterals(line) !== line)
      continue;
    console.log(`${path}:${i + 1}: ${line.length} columns, at most ${max}`);
    wide++;
  }
}
if (wide > 0) {
  console.log(`${wide} lines are too wide`);
  process.exitCode = 1;
}
