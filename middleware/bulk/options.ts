import { z } from 'zod';
import { seconds, whole } from '../../src/config/options';

/** Swift's options under the names that they have there; times in milliseconds. */
export const options = z.object({
  max_containers_per_extraction: whole(0, 1_000_000_000).default(10_000),
  max_failed_extractions: whole(0, 1_000_000_000).default(1000),
  max_deletes_per_request: whole(0, 1_000_000_000).default(10_000),
  max_failed_deletes: whole(0, 1_000_000_000).default(1000),
  yield_frequency: seconds(0, 86_400).default(10_000),
  delete_concurrency: whole(1, 1000).default(2),
  delete_container_retry_count: whole(0, 20).default(0),
});

export type BulkOptions = Readonly<z.infer<typeof options>>;
