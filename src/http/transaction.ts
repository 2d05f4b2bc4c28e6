import { randomUUID } from 'node:crypto';

/** A new transaction id in Swift's form: `tx`, 21 hex digits, a hyphen, and the time in ten. */
export function transactionId(): string {
  const time = Math.floor(Date.now() / 1000);
  return `tx${randomUUID().replaceAll('-', '').slice(0, 21)}-${time.toString(16).padStart(10, '0')}`;
}
