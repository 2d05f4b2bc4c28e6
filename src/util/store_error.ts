/**
 * Why a store did not do what it was asked:
 * - `refused`: it said no (4xx), nothing was done, and asking again as it stands will not help;
 * - `unavailable`: it failed or could not be reached (5xx, no connection, no answer in time); whether something was done
 *   is not known;
 * - `unreachable`: no connection could be made, so nothing was done.
 */
export type StoreErrorCode = 'refused' | 'unavailable' | 'unreachable';

/** The only error that handlers and stores reject with. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    /** The status that the store answered with, if it answered. */
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
