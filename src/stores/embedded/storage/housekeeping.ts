import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../../../util/errors';
import type { Log } from '../../../util/log';
import type { Damage, Storage } from './storage';

/** Options of the recurring jobs on a storage. */
export interface Housekeeping {
  /** Milliseconds between two searches for expired objects. */
  readonly interval: number;
  /** If absent, the storage is not scrubbed. */
  readonly scrubbing?: ScrubPlan;
  readonly log: Log;
}

/** When and how fast to scrub. */
interface ScrubPlan {
  /** Milliseconds from the end of one pass to the start of the next. */
  readonly interval: number;
  /** Bytes per second; 0 for no limit. */
  readonly rate: number;
}

/**
 * Number of expired objects to remove in one commit, so that other changes get their
 * turn.
 */
const EXPIRED_AT_ONCE = 1000;

/** Max milliseconds of one timer. */
const MAX_WAIT = 86_400_000;

/** Milliseconds from the start of a server to its first scrub. */
const FIRST_SCRUB_DELAY = 5000;

/** Milliseconds until a failed scrub resumes. */
const SCRUB_RETRY_DELAY = 600_000;

/**
 * Removes expired objects and leftovers of dead workers, and scrubs, until the returned
 * function is called, which closes the storage.
 */
export function startHousekeeping(storage: Storage, { interval, scrubbing, log }: Housekeeping) {
  const expirer = setInterval(() => void expire(storage, log), interval).unref();
  const stop = new AbortController();
  const scrubber = scrubbing && scrubUntil(storage, scrubbing, log, stop.signal);
  return async (): Promise<void> => {
    clearInterval(expirer);
    stop.abort();
    await scrubber;
    await storage.close();
  };
}

async function expire(storage: Storage, log: Log): Promise<void> {
  try {
    while ((await storage.expire(EXPIRED_AT_ONCE)) > 0);
  } catch (error) {
    log.warn({ err: messageOf(error) }, 'could not remove expired objects');
  }
}

/** Runs scrub passes until the signal aborts. Never rejects. */
async function scrubUntil(
  { scrubber }: Storage,
  { interval, rate }: ScrubPlan,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const report = ({ text, objects }: Damage) =>
    log.error({ damage: text, objects }, 'found damaged data; run hindsight fsck for details');
  const isStopped = () => signal.aborted;
  for (let wait = Math.min(FIRST_SCRUB_DELAY, interval); !isStopped();) {
    try {
      await setTimeout(Math.min(wait, MAX_WAIT), undefined, { signal, ref: false });
      wait = timeUntilDue(scrubber.lastEnd(), interval);
      if (wait > 0) continue;
      await scrubber.pass({ rate, signal, report });
      wait = interval;
    } catch (error) {
      // the cause may be temporary: the pass resumes where it stopped
      wait = Math.min(interval, SCRUB_RETRY_DELAY);
      if (!isStopped())
        log.warn(
          { err: messageOf(error) },
          'the search for damaged data failed; it will be retried',
        );
    }
  }
}

/** Returns the milliseconds until the next pass. */
function timeUntilDue(lastEnd: number | undefined, interval: number): number {
  if (lastEnd === undefined) return 0;
  const wait = lastEnd + interval - Date.now();
  // A clock that was wrong must not delay the pass for longer than this.
  return Math.min(Math.max(wait, 0), interval);
}
