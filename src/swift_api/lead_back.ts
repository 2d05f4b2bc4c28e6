/**
 * Replaces the store's name in a URL that the store made, which would bypass the proxy.
 *
 * @param proxyHost what the client calls the proxy: the Host of its request
 * @param stores the names of the store, with their ports
 */
export function rewriteStoreUrl(
  url: string,
  proxyHost: string,
  stores: readonly (string | undefined)[],
): string {
  const [, scheme = '', host, rest = ''] = /^(https?:\/\/)([^/?#]*)(.*)$/is.exec(url) ?? [];
  return host !== undefined && stores.includes(host.toLowerCase())
    ? `${scheme}${proxyHost}${rest}`
    : url;
}
