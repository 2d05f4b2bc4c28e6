import type { FilterPlugin } from '../../src/plugin/plugin';
import { bulkFilter } from './filter';
import { options } from './options';

/**
 * Swift's `bulk`: deletes many objects, or extracts an archive, in one request. Each
 * object is a request of its own with the client's token, so that the filters behind this
 * one authorise and version it.
 */
export const bulk: FilterPlugin<typeof options> = {
  name: 'bulk',
  options,
  precedesGuard: true,
  precedes: { versioned_writes: 'otherwise its writes would not be versioned' },
  create: (values, { log }) => bulkFilter(values, log),
};
