import { readFileSync } from 'node:fs';
import { judge } from './check';
import type { History } from './history';
import { report } from './report';

const HISTORY = process.env['HISTORY'];

describe('the judge of histories', () => {
  (HISTORY === undefined ? it.skip : it)('finds the history right that HISTORY names', () => {
    const history = JSON.parse(readFileSync(HISTORY ?? '', 'utf8')) as History;
    const problem = judge(history);
    if (problem) throw new Error(report(problem, history));
  });
});
