import { now } from '../util/clock';

/** Milliseconds between two reports. */
const QUIET = 60_000;

/** Reports a frequent event at most once a minute. */
export class RateLimitedReport {
  private count = 0;
  private quietUntil = -Infinity;

  /** @param report receives how often the event has happened since the last report */
  add(report: (count: number) => void): void {
    this.count++;
    if (now() < this.quietUntil) return;
    report(this.count);
    this.count = 0;
    this.quietUntil = now() + QUIET;
  }
}
