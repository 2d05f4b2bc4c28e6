import { eventually, pause } from '../../support/running/eventually';
import {
  answered,
  cut,
  doneButAnswered,
  doneButReset,
  doneButSilent,
  reset,
  silent,
} from '../faults/injected';
import type { Fault } from '../../support/stores/faulty_store';
import type { Chance } from '../../support/running/chance';
import type { Ledger } from './ledger';
import type { Site } from './site';

/** One in this many requests to the store fails. */
const ONE_IN = 40;
/**
 * In milliseconds, far below a quarter of a lease: a lock cannot guard requests that
 * reach the store later than that.
 */
const SLOW = 250;
/** In milliseconds, longer than a lease. */
const LONG_PAUSE = 5000;

const slow =
  (milliseconds: number): Fault =>
  async (exchange) => {
    const passed = await exchange.pass();
    await pause(milliseconds);
    exchange.answer(passed);
  };

/**
 * Makes requests to the store fail at random until it is ended, and counts the failures.
 * Records each request with its fault.
 */
export function storm(
  site: Site,
  chance: Chance,
  ledger: Pick<Ledger, 'note'>,
): { readonly faults: () => number; readonly end: () => void } {
  let faults = 0;
  const { end } = site.faulty.inject('/v1/', ({ method, path, headers }) => {
    const befell = chance.below(ONE_IN) > 0 ? undefined : chance.pick(faultsNow(chance));
    const [faultName, fault] = befell ?? [];
    ledger.note({ store: method, path, from: headers.get('x-copy-from'), fault: faultName });
    if (fault) faults++;
    return fault;
  });
  return { faults: () => faults, end };
}

function faultsNow(chance: Chance): readonly (readonly [name: string, Fault])[] {
  return [
    ['answered', answered(chance.pick([500, 502, 503, 507]))],
    ['done, but answered', doneButAnswered(chance.pick([500, 502, 503]))],
    ['reset', reset],
    ['done, but reset', doneButReset],
    ['silent', silent],
    ['done, but silent', doneButSilent],
    ['cut', cut],
    ['slow', slow(chance.below(SLOW))],
    ['slow', slow(chance.below(SLOW))],
  ];
}

/** A disaster of a process, over when the promise resolves. */
interface Disaster {
  readonly name: string;
  readonly befall: (site: Site) => Promise<void>;
}

const DISASTERS: readonly Disaster[] = [
  {
    name: 'Redis is killed and started again, empty',
    befall: async ({ redis }) => {
      await redis.kill();
      await pause(300);
      await redis.run();
    },
  },
  {
    name: 'Redis is paused for longer than a lease',
    befall: async ({ redis }) => {
      redis.signal('SIGSTOP');
      await pause(LONG_PAUSE);
      redis.signal('SIGCONT');
    },
  },
  {
    name: 'a proxy is paused for longer than a lease',
    befall: async (site) => {
      const { pid } = site.proxy(0);
      process.kill(pid, 'SIGSTOP');
      await pause(LONG_PAUSE);
      process.kill(pid, 'SIGCONT');
    },
  },
  { name: 'a proxy is killed, and another put in its place', befall: (site) => site.replace(1) },
  {
    name: 'the store is killed and started again',
    befall: async ({ store }) => {
      await store.kill();
      await pause(300);
      await store.run();
    },
  },
];

/** Causes disasters in rounds of all of them, with pauses between, until `isOver`. */
export async function disasters(
  site: Site,
  chance: Chance,
  peace: number,
  isOver: () => boolean,
  onDisaster: (disaster: string) => void,
): Promise<void> {
  const round: Disaster[] = [];
  while (!isOver()) {
    const began = Date.now();
    await eventually('some peace', () => isOver() || Date.now() - began > peace, peace + 30_000);
    if (isOver()) return;
    if (round.length === 0) round.push(...DISASTERS);
    const disaster = chance.pick(round);
    round.splice(round.indexOf(disaster), 1);
    onDisaster(disaster.name);
    await disaster.befall(site);
  }
}
