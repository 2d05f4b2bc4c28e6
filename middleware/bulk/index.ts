import { z } from 'zod';
import { seconds, whole } from '../../src/config/options';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { bulkFilter } from './filter';

const options = z.object({
  max_containers_per_extraction: whole(0, 1_000_000_000).default(10_000),
  max_failed_extractions: whole(0, 1_000_000_000).default(1000),
  max_deletes_per_request: whole(0, 1_000_000_000).default(10_000),
  max_failed_deletes: whole(0, 1_000_000_000).default(1000),
  yield_frequency: seconds(0, 86_400).default(10_000),
  delete_concurrency: whole(1, 1000).default(2),
  delete_container_retry_count: whole(0, 20).default(0),
});

/**
 * Swift's `bulk`: deletes many objects, or extracts an archive, in one request. Each
 * object is a request of its own with the client's token, so that the filters behind this
 * one authorise and version it.
 */
export const bulk: FilterPlugin<typeof options> = {
  name: 'bulk',
  options,
  precedes: { versioned_writes: 'otherwise its writes would not be versioned' },
  create: (config, { log }) => bulkFilter(config, log),
};
