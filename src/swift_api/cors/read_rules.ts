import type { Headers } from '../../http/headers';
import { StoreError } from '../../util/store_error';
import type { Power } from '../authority/authority';
import type { Handler, Request } from '../message';
import { fetchHeaders } from '../quota';
import type { ContainerTarget } from '../target';
import type { CorsRules } from './rules';

/**
 * Reads the CORS rules of a container as the service user, or else with the credentials
 * of the request. Returns nothing else of the container, nor whether there is one.
 *
 * @param read selects the rules that count, from the headers of the container
 * @throws StoreError if the store does not answer
 */
export async function fetchRules(
  { version, account, container }: ContainerTarget,
  request: Request,
  next: Handler,
  power: Power,
  read: (headers: Headers) => CorsRules | undefined,
): Promise<CorsRules | undefined> {
  const headers = await fetchHeaders({ version, account, container }, request, next, power);
  return headers && read(headers);
}

/** Like `fetchRules`, but if the store does not answer no page may read the response. */
export async function fetchRulesIfPossible(
  ...parameters: Parameters<typeof fetchRules>
): Promise<CorsRules | undefined> {
  try {
    return await fetchRules(...parameters);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}
