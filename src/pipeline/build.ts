import type { Filter, Handler } from '../swift_api/message';

/**
 * Returns a handler that passes requests through `filters`, the first one outermost, to
 * `app`.
 */
export function buildPipeline(filters: readonly Filter[], app: Handler): Handler {
  return filters.reduceRight((next, filter) => filter(next), app);
}
