/** Swift's options by their names there; times in milliseconds. */
export interface BulkOptions {
  readonly max_containers_per_extraction: number;
  readonly max_failed_extractions: number;
  readonly max_deletes_per_request: number;
  readonly max_failed_deletes: number;
  readonly yield_frequency: number;
  readonly delete_concurrency: number;
  readonly delete_container_retry_count: number;
}
