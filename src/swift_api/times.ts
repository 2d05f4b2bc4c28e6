/** Formats a time as in Swift's HTTP headers: rounded up to the next second. */
export function httpDate(timestamp: string): string {
  return new Date(ceilSeconds(timestamp) * 1000).toUTCString();
}

/** Rounds a time up to whole seconds. */
export function ceilSeconds(timestamp: string): number {
  return Math.ceil(Number(timestamp));
}

/** Formats a time as in listings: with microseconds, without a time zone. */
export function isoTime(timestamp: string): string {
  const [seconds = '0', fraction = ''] = timestamp.split('.');
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${date}.${fraction.padEnd(6, '0').slice(0, 6)}`;
}
