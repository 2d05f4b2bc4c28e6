import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages } from '../../../tools/documents/pages';

describe('the documents that are generated', () => {
  it.each(pages)('are as `npm run docs` writes them: $path', ({ path, write }) => {
    expect(readFileSync(join(__dirname, '../../..', path), 'utf8')).toBe(write());
  });
});
