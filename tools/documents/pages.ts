import { configurationPage } from './options';
import { operationsPage } from './operations';

/** The pages that are generated from the source. */
export const pages: readonly { readonly path: string; readonly write: () => string }[] = [
  { path: 'docs/configuration.md', write: configurationPage },
  { path: 'docs/operations-by-api.md', write: operationsPage },
];
