import type { Answer } from '../../support/client';

/** What of an answer must be equal on both sides. */
export interface Observation {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** They differ between any two requests, or belong to the connection. */
const UNCOMPARED = new Set([
  'date',
  'x-trans-id',
  'x-openstack-request-id',
  'connection',
  'keep-alive',
  'transfer-encoding',
]);

/** They describe the body of an error, which is the server's own. */
const OF_AN_ERROR = new Set(['content-type', 'content-length']);

/** Replaces what may differ between the two sides of one sequence by what may not. */
export class Normaliser {
  private readonly timestamps = new Map<string, number>();

  /** @param base what the names of the side's containers begin with */
  constructor(private readonly base: string) {}

  /**
   * Timestamps of Swift's own form become their number in the order in which they were first seen, so that an archive name
   * must be made of the timestamp that the object was seen with; times in whole seconds, and those of listings, are only
   * known to be times.
   */
  text(text: string): string {
    return text
      .replaceAll(this.base, 'dv')
      .replace(/(?<!\d)1[6-9]\d{8}\.\d{5}(?!\d)/g, (found) => `<timestamp ${this.numberOf(found)}>`)
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}/g, '<time>')
      .replace(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, '<date>');
  }

  answer({ status, headers, body }: Answer): Observation {
    const compared: Record<string, string> = {};
    for (const [name] of headers.entries()) {
      if (UNCOMPARED.has(name) || (status >= 400 && OF_AN_ERROR.has(name))) continue;
      const value = headers.get(name) ?? '';
      compared[name] = name === 'x-delete-at' ? deleteAt(value) : this.text(value);
    }
    const sorted = Object.fromEntries(Object.entries(compared).sort(([a], [b]) => (a < b ? -1 : 1)));
    return { status, headers: sorted, body: status < 400 ? this.text(body.toString('latin1').trim()) : '' };
  }

  private numberOf(timestamp: string): number {
    const known = this.timestamps.get(timestamp) ?? this.timestamps.size;
    this.timestamps.set(timestamp, known);
    return known;
  }
}

/** A time of expiry that X-Delete-After made depends on the second in which it was sent. */
function deleteAt(value: string): string {
  return value.startsWith('41024448') ? value : '<after>';
}
