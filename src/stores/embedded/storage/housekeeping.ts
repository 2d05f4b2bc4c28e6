import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../../../util/errors';
import type { Log } from '../../../util/log';
import type { Damage, Storage } from './storage';

/** What is done to a storage now and again. */
export interface Housekeeping {
  /** Milliseconds between two searches for expired objects. */
  readonly interval: number;
  /** Not there: nobody looks for damage. */
  readonly scrubbing?: ScrubPlan;
  readonly log: Log;
}

/** How damage is looked for. */
export interface ScrubPlan {
  /** Milliseconds from the end of one pass to the start of the next. */
  readonly interval: number;
  /** Bytes in a second; 0 for no limit. */
  readonly rate: number;
}

/** How many expired objects are removed in one go, so that others get their turn. */
const EXPIRED_AT_ONCE = 1000;

/** Milliseconds that a timer waits at most. */
const LONGEST_WAIT = 86_400_000;

/** Milliseconds that a server serves before it looks for damage. */
const FIRST_SCRUB = 5000;

/** Milliseconds after which a search for damage that failed goes on. */
const RETRY_SCRUB = 600_000;

/**
 * Removes expired objects, and what dead workers left, and looks for damage, until the function that
 * it returns closes the storage.
 */
export function keepHouse(storage: Storage, { interval, scrubbing, log }: Housekeeping) {
  const expirer = setInterval(() => void expire(storage, log), interval).unref();
  const end = new AbortController();
  const scrubber = scrubbing && scrubOn(storage, scrubbing, log, end.signal);
  return async (): Promise<void> => {
    clearInterval(expirer);
    end.abort();
    await scrubber;
    await storage.close();
  };
}

async function expire(storage: Storage, log: Log): Promise<void> {
  try {
    while ((await storage.expire(EXPIRED_AT_ONCE)) > 0);
  } catch (error) {
    log.warn({ err: messageOf(error) }, 'expired objects could not be removed');
  }
}

/** Passes over everything until the signal. Never rejects. */
async function scrubOn(
  { scrubber }: Storage,
  { interval, rate }: ScrubPlan,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const report = ({ text, objects }: Damage) =>
    log.error({ damage: text, objects }, 'damaged data was found: see hindsight fsck');
  const isOver = () => signal.aborted;
  for (let wait = Math.min(FIRST_SCRUB, interval); !isOver();) {
    try {
      await setTimeout(Math.min(wait, LONGEST_WAIT), undefined, { signal, ref: false });
      wait = untilDue(scrubber.lastEnd(), interval);
      if (wait > 0) continue;
      await scrubber.pass({ rate, signal, report });
      wait = interval;
    } catch (error) {
      // what hindered it may be over soon: it goes on where it was
      wait = Math.min(interval, RETRY_SCRUB);
      if (!isOver()) log.warn({ err: messageOf(error) }, 'the search for damage failed');
    }
  }
}

/** Milliseconds until the next pass. */
function untilDue(ended: number | undefined, interval: number): number {
  if (ended === undefined) return 0;
  const wait = ended + interval - Date.now();
  // A clock that was wrong must not put it off for longer than this.
  return Math.min(Math.max(wait, 0), interval);
}
