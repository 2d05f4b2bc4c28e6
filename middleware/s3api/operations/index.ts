import type { Route } from '../call';

/** The operations of the API; the first that fits a request answers it. */
export const routes: readonly Route[] = [];
