/** A time as Swift's HTTP headers tell it: rounded up to the next second. */
export function httpDate(timestamp: string): string {
  return new Date(ceilSeconds(timestamp) * 1000).toUTCString();
}

/** The second at or after a time. */
export function ceilSeconds(timestamp: string): number {
  return Math.ceil(Number(timestamp));
}

/** A time as listings tell it: with microseconds, without a zone. */
export function isoTime(timestamp: string): string {
  const [seconds = '0', fraction = ''] = timestamp.split('.');
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${date}.${fraction.padEnd(6, '0').slice(0, 6)}`;
}
