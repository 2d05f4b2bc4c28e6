import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../running/paths';

/** A document of the project. */
export interface Document {
  /** Its path from the root of the project. */
  readonly name: string;
  readonly text: string;
}

/** Returns all documents: those at the root, below `docs`, and in `test`. */
export function allDocuments(): readonly Document[] {
  const named = [
    ...readdirSync(ROOT),
    ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) =>
      join('docs', name),
    ),
    ...['test/README.md', 'test/support/README.md'],
  ];
  return named
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }));
}
