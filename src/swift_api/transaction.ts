import { randomUUID } from 'node:crypto';
import { Headers } from '../http/headers';

/** A new transaction id in Swift's form: `tx`, 21 hex digits, a hyphen, and the time in ten. */
export function transactionId(): string {
  const time = Math.floor(Date.now() / 1000);
  return `tx${randomUUID().replaceAll('-', '').slice(0, 21)}-${time.toString(16).padStart(10, '0')}`;
}

/** Swift has it on each answer under these names. */
export const TRANSACTION_IDS = ['X-Trans-Id', 'X-Openstack-Request-Id'] as const;

/**
 * The headers of an answer with one transaction id under both names: the store's own, whichever
 * name it has for it.
 *
 * @param id used if the store has none
 */
export function withTransactionId(headers: Headers, id: string): Headers {
  const [own = id] = TRANSACTION_IDS.flatMap((name) => headers.get(name) ?? []);
  if (TRANSACTION_IDS.every((name) => headers.get(name) === own)) return headers;
  return headers.withAll(
    Headers.of(Object.fromEntries(TRANSACTION_IDS.map((name) => [name, own]))),
  );
}

/** An answer with its transaction id, for what no filter sees. */
export function ofTransaction<A extends { readonly headers: Headers }>(answer: A, id: string): A {
  return { ...answer, headers: withTransactionId(answer.headers, id) };
}
