/**
 * What the names of the headers begin with in which the proxy keeps its notes on a container. In the store they are
 * metadata of the container like any other; the gatekeeper hides them from clients and refuses them from clients.
 */
export const RESERVED_PREFIX = 'x-container-meta-hindsight-';
