import type { Filter, Handler } from '../swift_api/message';

/** The handler that passes a request through filters, the first in the list outermost, to the app. */
export function buildPipeline(filters: readonly Filter[], app: Handler): Handler {
  return filters.reduceRight((next, filter) => filter(next), app);
}
