/**
 * Why a store did not carry out a request:
 * - `refused`: it refused (4xx); nothing was done, and retrying the same request will not
 *   help;
 * - `unavailable`: it failed or could not be reached (5xx, no connection, timeout);
 *   whether anything was done is unknown;
 * - `unreachable`: no connection could be made, so nothing was done.
 */
export type StoreErrorCode = 'refused' | 'unavailable' | 'unreachable';

/** The only error that handlers and stores reject with. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    /** The status of the store's response, if it answered. */
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
