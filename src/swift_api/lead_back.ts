/**
 * A URL that a store made, which would lead its reader past the proxy if it names the store itself.
 *
 * @param own what the client calls the proxy: the Host of its request
 * @param stores the names of the store, with their ports
 * @returns the URL with the proxy's name in the place of the store's
 */
export function leadBack(
  url: string,
  own: string,
  stores: readonly (string | undefined)[],
): string {
  const [, scheme = '', host, rest = ''] = /^(https?:\/\/)([^/?#]*)(.*)$/is.exec(url) ?? [];
  return host !== undefined && stores.includes(host.toLowerCase()) ? `${scheme}${own}${rest}` : url;
}
