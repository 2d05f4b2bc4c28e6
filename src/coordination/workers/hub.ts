import type { Lock } from '../locks/locker';
import { WaitingLine } from '../locks/waiting_line';
import { now } from '../../util/clock';
import type { Channel, Broadcast, FromHub, FromMember } from './messages';

type MemberChannel = Channel<FromMember, FromHub>;

/** A lock that a member holds or waits for. */
interface Claim {
  readonly giveUp: AbortController;
  lock?: Lock;
}

/** A broadcast to members that some have not answered yet. */
interface PendingBroadcast {
  readonly broadcast: Broadcast;
  readonly awaited: Set<MemberChannel>;
  readonly done: (failure?: string) => void;
  failure?: string | undefined;
  /** Ends the wait for members that do not answer. */
  timer?: NodeJS.Timeout;
}

/** Milliseconds in which a member handles a broadcast that needs no wait of its own. */
const ANSWER_TIMEOUT = 30_000;

/** The process that holds the locks of the others, and passes on their broadcasts. */
export class Hub {
  readonly #line = new WaitingLine();
  readonly #members = new Set<MemberChannel>();
  readonly #pending = new Map<number, PendingBroadcast>();
  /** The closed keys, and for whom. */
  readonly #closed = new Map<
    string,
    { readonly by: MemberChannel; readonly broadcast: Broadcast }
  >();
  #next = 0;
  /**
   * The time until which the store may still process requests of a dead member, on the
   * clock of `now`.
   */
  #quietUntil = 0;

  /**
   * @param grace milliseconds for which a store may still process requests of a dead
   *   member: its locks are held and nothing is changed for so long
   * @param answerTimeout milliseconds after which a member that does not answer (because
   *   it is stopped, say) counts as failed
   */
  constructor(
    private readonly grace: number,
    private readonly answerTimeout = ANSWER_TIMEOUT,
  ) {}

  /** Adds a member to all further broadcasts. It must have nothing cached. */
  join(channel: MemberChannel): void {
    const claims = new Map<number, Claim>();
    this.#members.add(channel);
    channel.onMessage((message) => {
      if (message.kind === 'acquire') this.#acquire(channel, claims, message);
      else if (message.kind === 'leave') leave(claims, message.id);
      else if (message.kind === 'ask') this.#broadcast(channel, message.id, message.deed);
      else this.#acknowledge(channel, message.id, message.failure);
    });
    channel.onClose(() => this.#remove(channel, claims));
    for (const { broadcast } of this.#closed.values())
      channel.send({ kind: 'do', id: this.#next++, deed: broadcast });
  }

  #remove(channel: MemberChannel, claims: Map<number, Claim>): void {
    this.#members.delete(channel);
    this.#quietUntil = now() + this.grace;
    for (const id of [...this.#pending.keys()]) this.#acknowledge(channel, id);
    for (const [id, { lock }] of [...claims]) {
      if (!lock) leave(claims, id);
    }
    const releaseAll = () => {
      for (const { by, broadcast } of [...this.#closed.values()]) {
        if (by === channel) this.#broadcast(channel, 0, { ...broadcast, what: 'open' });
      }
      for (const id of [...claims.keys()]) leave(claims, id);
    };
    setTimeout(releaseAll, this.grace).unref();
  }

  #acquire(
    channel: MemberChannel,
    claims: Map<number, Claim>,
    { id, name, wait }: { readonly id: number; readonly name: string; readonly wait: number },
  ): void {
    const claim: Claim = { giveUp: new AbortController() };
    claims.set(id, claim);
    this.#line.acquire(name, wait, claim.giveUp.signal).then(
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

  #broadcast(from: MemberChannel, id: number, broadcast: Broadcast): void {
    const key = JSON.stringify([broadcast.cache, broadcast.key]);
    if (broadcast.what === 'close') this.#closed.set(key, { by: from, broadcast });
    if (broadcast.what === 'open') this.#closed.delete(key);
    const awaited = new Set([...this.#members].filter((member) => member !== from));
    const done = (failure?: string) => from.send({ kind: 'done', id, failure });
    const number = this.#next++;
    const pending: PendingBroadcast = { broadcast, awaited, done };
    this.#pending.set(number, pending);
    for (const member of awaited) member.send({ kind: 'do', id: number, deed: broadcast });
    // a member aborts leases that last after `patience`, and fails after twice that
    const timeout = this.answerTimeout + (broadcast.what === 'close' ? 2 * broadcast.patience : 0);
    pending.timer = setTimeout(() => {
      for (const member of [...awaited]) this.#acknowledge(member, number, NO_ANSWER);
    }, timeout).unref();
    this.#settle(number, pending);
  }

  #acknowledge(member: MemberChannel, id: number, failure?: string): void {
    const pending = this.#pending.get(id);
    if (!pending?.awaited.delete(member)) return;
    pending.failure ??= failure;
    this.#settle(id, pending);
  }

  #settle(id: number, { broadcast, awaited, done, failure, timer }: PendingBroadcast): void {
    if (awaited.size > 0) return;
    clearTimeout(timer);
    this.#pending.delete(id);
    const quiet = broadcast.what === 'close' ? this.#quietUntil - now() : 0;
    if (quiet > 0) setTimeout(() => done(failure), quiet).unref();
    else done(failure);
  }
}

const NO_ANSWER = 'another process of this server does not answer';
const CANCELLED = new Error('the member no longer wants the lock');

function leave(claims: Map<number, Claim>, id: number): void {
  const claim = claims.get(id);
  claims.delete(id);
  if (claim?.lock) claim.lock.release();
  else claim?.giveUp.abort(CANCELLED);
}
