import type { Lock } from '../locks/locker';
import { WaitingLine } from '../locks/place_in_line';
import { now } from '../../util/clock';
import type { Channel, Broadcast, FromHub, FromMember } from './messages';

type MemberChannel = Channel<FromMember, FromHub>;

/** A lock that a member has or waits for. */
interface Claim {
  readonly giveUp: AbortController;
  lock?: Lock;
}

/** Something that members are asked to do. */
interface PendingBroadcast {
  readonly deed: Broadcast;
  readonly awaited: Set<MemberChannel>;
  readonly done: (failure?: string) => void;
  failure?: string | undefined;
  /** Ends the wait for members that do not answer. */
  timer?: NodeJS.Timeout;
}

/** Milliseconds in which a member does what takes it no wait of its own. */
const PROMPTLY = 30_000;

/** The process that keeps the locks of the others, and passes on what they are to do. */
export class Hub {
  readonly #turns = new WaitingLine();
  readonly #members = new Set<MemberChannel>();
  readonly #errands = new Map<number, PendingBroadcast>();
  /** Which keys are closed, and for whom. */
  readonly #closed = new Map<string, { readonly by: MemberChannel; readonly deed: Broadcast }>();
  #next = 0;
  /** Until when the store may still be at what a dead member asked, on the clock of `now`. */
  #quietUntil = 0;

  /**
   * @param grace milliseconds for which a store may still be at what a member asked who died: his locks are kept for so long, and nothing is changed
   * @param promptly milliseconds after which a member that says nothing (one that is stopped, say) is taken to have failed at what it was asked
   */
  constructor(
    private readonly grace: number,
    private readonly promptly = PROMPTLY,
  ) {}

  /** From now on nothing is done without this member. It may keep nothing from before. */
  join(channel: MemberChannel): void {
    const claims = new Map<number, Claim>();
    this.#members.add(channel);
    channel.onMessage((message) => {
      if (message.kind === 'acquire') this.#acquire(channel, claims, message);
      else if (message.kind === 'leave') leave(claims, message.id);
      else if (message.kind === 'ask') this.#ask(channel, message.id, message.deed);
      else this.#did(channel, message.id, message.failure);
    });
    channel.onClose(() => this.#lose(channel, claims));
    for (const { deed } of this.#closed.values())
      channel.send({ kind: 'do', id: this.#next++, deed });
  }

  #lose(channel: MemberChannel, claims: Map<number, Claim>): void {
    this.#members.delete(channel);
    this.#quietUntil = now() + this.grace;
    for (const id of [...this.#errands.keys()]) this.#did(channel, id);
    for (const [id, { lock }] of [...claims]) {
      if (!lock) leave(claims, id);
    }
    const inheritance = () => {
      for (const { by, deed } of [...this.#closed.values()]) {
        if (by === channel) this.#ask(channel, 0, { ...deed, what: 'open' });
      }
      for (const id of [...claims.keys()]) leave(claims, id);
    };
    setTimeout(inheritance, this.grace).unref();
  }

  #acquire(
    channel: MemberChannel,
    claims: Map<number, Claim>,
    { id, name, wait }: { readonly id: number; readonly name: string; readonly wait: number },
  ): void {
    const claim: Claim = { giveUp: new AbortController() };
    claims.set(id, claim);
    this.#turns.acquire(name, wait, claim.giveUp.signal).then(
      (lock) => {
        if (claims.get(id) !== claim) {
          lock.release();
          return;
        }
        claim.lock = lock;
        channel.send({ kind: 'granted', id });
      },
      () => {
        if (claims.delete(id)) channel.send({ kind: 'late', id });
      },
    );
  }

  #ask(from: MemberChannel, id: number, deed: Broadcast): void {
    const key = JSON.stringify([deed.cache, deed.key]);
    if (deed.what === 'close') this.#closed.set(key, { by: from, deed });
    if (deed.what === 'open') this.#closed.delete(key);
    const awaited = new Set([...this.#members].filter((member) => member !== from));
    const done = (failure?: string) => from.send({ kind: 'done', id, failure });
    const number = this.#next++;
    const errand: PendingBroadcast = { deed, awaited, done };
    this.#errands.set(number, errand);
    for (const member of awaited) member.send({ kind: 'do', id: number, deed });
    // uses that do not end are given up after a while, and given up on after another
    const time = this.promptly + (deed.what === 'close' ? 2 * deed.patience : 0);
    errand.timer = setTimeout(() => {
      for (const member of [...awaited]) this.#did(member, number, SILENT);
    }, time).unref();
    this.#settle(number, errand);
  }

  #did(member: MemberChannel, id: number, failure?: string): void {
    const errand = this.#errands.get(id);
    if (!errand?.awaited.delete(member)) return;
    errand.failure ??= failure;
    this.#settle(id, errand);
  }

  #settle(id: number, { deed, awaited, done, failure, timer }: PendingBroadcast): void {
    if (awaited.size > 0) return;
    clearTimeout(timer);
    this.#errands.delete(id);
    const quiet = deed.what === 'close' ? this.#quietUntil - now() : 0;
    if (quiet > 0) setTimeout(() => done(failure), quiet).unref();
    else done(failure);
  }
}

const SILENT = 'another process of this server does not answer';
const GIVEN_UP = new Error('the member wants the lock no more');

function leave(claims: Map<number, Claim>, id: number): void {
  const claim = claims.get(id);
  claims.delete(id);
  if (claim?.lock) claim.lock.release();
  else claim?.giveUp.abort(GIVEN_UP);
}
