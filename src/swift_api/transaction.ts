import { randomUUID } from 'node:crypto';
import type { Headers } from '../http/headers';

/**
 * Creates a transaction id in Swift's form: `tx`, 21 hex digits, a hyphen, and the time
 * as ten hex digits.
 */
export function newTransactionId(): string {
  const time = Math.floor(Date.now() / 1000);
  return `tx${randomHex21()}-${time.toString(16).padStart(10, '0')}`;
}

/** The digits of a UUID around its hyphens: Node keeps random bytes ready for UUIDs. */
function randomHex21(): string {
  const uuid = randomUUID();
  return (
    uuid.slice(0, 8) +
    uuid.slice(9, 13) +
    uuid.slice(14, 18) +
    uuid.slice(19, 23) +
    uuid.slice(24, 25)
  );
}

/** The headers in which every response of Swift has it. */
export const TRANSACTION_IDS = ['X-Trans-Id', 'X-Openstack-Request-Id'] as const;

/**
 * Sets one transaction id under both names: the store's own, whichever header it is in.
 *
 * @param id used if the store has none
 */
export function withTransactionId(headers: Headers, id: string): Headers {
  const [first, second] = TRANSACTION_IDS;
  const [own, other] = [headers.get(first), headers.get(second)];
  if (own !== undefined && own === other) return headers;
  const value = own ?? other ?? id;
  return headers.with(first, value).with(second, value);
}

/** Adds the transaction id to a response that no filter sees. */
export function addTransactionId<A extends { readonly headers: Headers }>(
  answer: A,
  id: string,
): A {
  return { ...answer, headers: withTransactionId(answer.headers, id) };
}
