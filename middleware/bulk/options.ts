import { z } from 'zod';
import { seconds, wholeNumber } from '../../src/config/options';

/** Swift's options under the names that they have there; times in milliseconds. */
export const options = z.object({
  max_containers_per_extraction: wholeNumber(0, 1_000_000_000)
    .default(10_000)
    .describe('Most containers that one archive may create.'),
  max_failed_extractions: wholeNumber(0, 1_000_000_000)
    .default(1000)
    .describe('Extraction stops after this many entries that failed.'),
  max_deletes_per_request: wholeNumber(0, 1_000_000_000)
    .default(10_000)
    .describe('Most names in one bulk delete; then 413.'),
  max_failed_deletes: wholeNumber(0, 1_000_000_000)
    .default(1000)
    .describe('A bulk delete stops after this many names that failed.'),
  yield_frequency: seconds(0, 86_400)
    .default(10_000)
    .describe('Time between the spaces that are sent while the work goes on.'),
  delete_concurrency: wholeNumber(1, 1000)
    .default(2)
    .describe('Number of names that are deleted at a time.'),
  delete_container_retry_count: wholeNumber(0, 20)
    .default(0)
    .describe('How often the delete of a container that is not empty yet is repeated.'),
});

export type BulkOptions = Readonly<z.infer<typeof options>>;
