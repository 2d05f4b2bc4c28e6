import { z } from 'zod';
import { seconds, wholeNumber } from '../../src/config/options';

/** Swift's options under the names that they have there; times in milliseconds. */
export const options = z.object({
  max_containers_per_extraction: wholeNumber(0, 1_000_000_000).default(10_000),
  max_failed_extractions: wholeNumber(0, 1_000_000_000).default(1000),
  max_deletes_per_request: wholeNumber(0, 1_000_000_000).default(10_000),
  max_failed_deletes: wholeNumber(0, 1_000_000_000).default(1000),
  yield_frequency: seconds(0, 86_400).default(10_000),
  delete_concurrency: wholeNumber(1, 1000).default(2),
  delete_container_retry_count: wholeNumber(0, 20).default(0),
});

export type BulkOptions = Readonly<z.infer<typeof options>>;
