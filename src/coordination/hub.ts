import type { Lock } from '../lockers/locker';
import { MemoryLocker } from '../lockers/memory';
import type { Channel, FromHub, FromMember } from './messages';

type MemberChannel = Channel<FromMember, FromHub>;

/** A lock that a member has or waits for. */
interface Claim {
  readonly giveUp: AbortController;
  lock?: Lock;
}

/** A key that members are asked to forget. */
interface Forgetting {
  readonly awaited: Set<MemberChannel>;
  readonly done: () => void;
}

/** The process that keeps the locks of the others, and passes on what they are to forget. */
export class Hub {
  readonly #locker = new MemoryLocker();
  readonly #members = new Set<MemberChannel>();
  readonly #forgetting = new Map<number, Forgetting>();
  #next = 0;

  /**
   * @param grace milliseconds that the locks of a member who died are kept: what it had asked of a store may still be done there
   */
  constructor(private readonly grace: number) {}

  /** From now on nothing is forgotten without this member. It may keep nothing from before. */
  join(channel: MemberChannel): void {
    const claims = new Map<number, Claim>();
    this.#members.add(channel);
    channel.onMessage((message) => {
      if (message.kind === 'acquire') this.#acquire(channel, claims, message);
      else if (message.kind === 'leave') leave(claims, message.id);
      else if (message.kind === 'drop') this.#drop(channel, message);
      else this.#forgot(channel, message.id);
    });
    channel.onClose(() => {
      this.#members.delete(channel);
      for (const id of [...this.#forgetting.keys()]) this.#forgot(channel, id);
      for (const [id, { lock }] of [...claims]) {
        if (lock) setTimeout(() => leave(claims, id), this.grace).unref();
        else leave(claims, id);
      }
    });
  }

  #acquire(
    channel: MemberChannel,
    claims: Map<number, Claim>,
    { id, name, wait }: { readonly id: number; readonly name: string; readonly wait: number },
  ): void {
    const claim: Claim = { giveUp: new AbortController() };
    claims.set(id, claim);
    this.#locker.acquire(name, wait, claim.giveUp.signal).then(
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

  #drop(
    from: MemberChannel,
    { id, cache, key }: { readonly id: number; readonly cache: string; readonly key: string },
  ): void {
    const awaited = new Set([...this.#members].filter((member) => member !== from));
    const done = () => from.send({ kind: 'dropped', id });
    if (awaited.size === 0) {
      done();
      return;
    }
    const number = this.#next++;
    this.#forgetting.set(number, { awaited, done });
    for (const member of awaited) member.send({ kind: 'forget', id: number, cache, key });
  }

  #forgot(member: MemberChannel, id: number): void {
    const forgetting = this.#forgetting.get(id);
    if (!forgetting?.awaited.delete(member) || forgetting.awaited.size > 0) return;
    this.#forgetting.delete(id);
    forgetting.done();
  }
}

const GIVEN_UP = new Error('the member wants the lock no more');

function leave(claims: Map<number, Claim>, id: number): void {
  const claim = claims.get(id);
  claims.delete(id);
  if (claim?.lock) claim.lock.release();
  else claim?.giveUp.abort(GIVEN_UP);
}
