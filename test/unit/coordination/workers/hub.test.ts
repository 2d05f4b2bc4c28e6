import { Hub } from '../../../../src/coordination/workers/hub';
import { Member } from '../../../../src/coordination/workers/member';
import type { Channel, FromHub, FromMember } from '../../../../src/coordination/workers/messages';
import { LockTimeout } from '../../../../src/coordination/locks/locker';
import { cacheSuite } from '../../../conformance/cache';
import { usesSuite } from '../../../conformance/uses';
import { lockerSuite } from '../../../conformance/locker';
import { eventually } from '../../../support/running/eventually';
import { lockOf } from '../../../support/stores/lock_names';

const GRACE = 50;
const never = () => new AbortController().signal;

/** A channel's ends, delivering as processes do: copied, in order, in a later turn. */
function channels<A, B>(): { left: Channel<A, B>; right: Channel<B, A>; close: () => void } {
  const open = { is: true };
  const closed: (() => void)[] = [];
  const end = <In, Out>() => {
    const listeners: ((message: In) => void)[] = [];
    return {
      listeners,
      channel: (others: ((message: Out) => void)[]): Channel<In, Out> => ({
        send: (message) => {
          if (!open.is) return;
          const copy = JSON.parse(JSON.stringify(message)) as Out;
          setImmediate(() => {
            if (open.is) for (const listener of others) listener(copy);
          });
        },
        onMessage: (listener) => listeners.push(listener),
        onClose: (listener) => closed.push(listener),
      }),
    };
  };
  const [left, right] = [end<A, B>(), end<B, A>()];
  return {
    left: left.channel(right.listeners),
    right: right.channel(left.listeners),
    close: () => {
      open.is = false;
      for (const listener of closed) listener();
    },
  };
}

/** Joins a member to a hub; returns it, and how to kill it. */
function memberOf(hub: Hub) {
  const { left, right, close } = channels();
  hub.join(left as Parameters<Hub['join']>[0]);
  return { member: new Member(right as ConstructorParameters<typeof Member>[0]), die: close };
}

lockerSuite('of a member', () => memberOf(new Hub(GRACE)).member.locker);

lockerSuite('of two members in turn', () => {
  const hub = new Hub(GRACE);
  const members = [memberOf(hub).member, memberOf(hub).member];
  let turn = 0;
  return { acquire: (...args) => members[turn++ % 2]!.locker.acquire(...args) };
});

cacheSuite('of a member among others', () => {
  const hub = new Hub(GRACE);
  memberOf(hub);
  memberOf(hub);
  return memberOf(hub).member.cache('test', 100, 60_000);
});

usesSuite('of members', (patience) => {
  const hub = new Hub(GRACE);
  memberOf(hub);
  const cache = () => memberOf(hub).member.cache<{ n: number }>('test', 100, 60_000, patience);
  return [cache(), cache()];
});

describe('members of a hub', () => {
  it('change nothing while one of them is silent, and go on when it speaks again', async () => {
    const hub = new Hub(GRACE, 20);
    const { left, right } = channels();
    hub.join(left as Parameters<Hub['join']>[0]);
    const unheard: FromHub[] = [];
    right.onMessage((message) => unheard.push(message as FromHub));
    const cache = memberOf(hub).member.cache('test', 100, 60_000, 10);
    await expect(cache.invalidate('key')).rejects.toThrow('does not answer');
    await expect(cache.acquireExclusive('key')).rejects.toThrow('does not answer');
    const answering = setInterval(() => {
      for (const message of unheard.splice(0))
        if (message.kind === 'do') right.send({ kind: 'did', id: message.id });
    }, 1);
    // the patience of this hub is short, and a busy machine may use it up
    const succeeds = (work: () => Promise<void>) => () =>
      work().then(
        () => true,
        () => false,
      );
    try {
      await eventually(
        'an entry is dropped',
        succeeds(() => cache.invalidate('key')),
      );
      await eventually(
        'a lease is taken',
        succeeds(async () => (await cache.acquireExclusive('key')).release()),
      );
    } finally {
      clearInterval(answering);
    }
  });

  it('forget what another drops before its drop resolves, also what they are fetching', async () => {
    const hub = new Hub(GRACE);
    const [one, other] = [memberOf(hub), memberOf(hub)].map(({ member }) =>
      member.cache<{ n: number }>('test', 100, 60_000),
    );
    expect(await other!.load('kept', () => Promise.resolve({ n: 1 }))).toEqual({ n: 1 });
    let resolveLoad: (value: { n: number }) => void = () => undefined;
    const fetching = other!.load(
      'fetched',
      () => new Promise<{ n: number }>((resolve) => (resolveLoad = resolve)),
    );
    await Promise.all([one!.invalidate('kept'), one!.invalidate('fetched')]);
    resolveLoad({ n: 1 });
    await fetching;
    for (const key of ['kept', 'fetched'])
      expect(await other!.load(key, () => Promise.resolve({ n: 2 }))).toEqual({ n: 2 });
  });

  it('keep a key closed for one that joins while it is changed, and open it if the changer dies', async () => {
    const hub = new Hub(GRACE);
    const changer = memberOf(hub);
    await changer.member.cache('test', 100, 60_000).acquireExclusive('key');
    const { member } = memberOf(hub);
    // the hub's first message arrives before the member may cache anything
    await new Promise((done) => setTimeout(done, 10));
    const late = member.cache<{ n: number }>('test', 100, 60_000);
    let isIn = false;
    const using = late
      .acquireShared('key', () => Promise.resolve({ n: 1 }), 10_000, never())
      .then((use) => {
        isIn = true;
        use.release();
      });
    await new Promise((done) => setTimeout(done, 2 * GRACE));
    expect(isIn).toBe(false);
    changer.die();
    await using;
  });

  it('execute commands at once, even if these arrive at once', async () => {
    let deliver: (message: FromHub) => void = () => undefined;
    const channel: Channel<FromHub, FromMember> = {
      send: () => undefined,
      onMessage: (listener) => (deliver = listener),
      onClose: () => undefined,
    };
    const cache = new Member(channel).cache('test', 100, 60_000);
    const deed = { cache: 'test', key: 'key', patience: 1000 };
    // one change after the other, as a process that was busy reads them
    (['close', 'open', 'close'] as const).forEach((what, id) =>
      deliver({ kind: 'do', id, deed: { ...deed, what } }),
    );
    await expect(
      cache.acquireShared('key', () => Promise.resolve({}), 50, never()),
    ).rejects.toBeInstanceOf(LockTimeout);
  });

  it('change nothing while the store may still execute a request of a dead process', async () => {
    const hub = new Hub(GRACE);
    const [one, dead] = [memberOf(hub), memberOf(hub)];
    const cache = one.member.cache('test', 100, 60_000);
    await dead.member
      .cache('test', 100, 60_000)
      .acquireShared('key', () => Promise.resolve({}), 1000, never());
    const began = Date.now();
    const changing = cache.acquireExclusive('key');
    dead.die();
    await (await changing).release();
    expect(Date.now() - began).toBeGreaterThanOrEqual(GRACE - 5);
  });

  it('do not wait for one that dies, and have its locks after a while', async () => {
    const hub = new Hub(GRACE);
    const [one, dead] = [memberOf(hub), memberOf(hub)];
    const cache = one.member.cache('test', 100, 60_000);
    const lock = await dead.member.locker.acquire(lockOf('name'), 1000, never());
    const waiting = dead.member.locker.acquire(lockOf('name'), 1000, never());
    waiting.catch(() => undefined);
    const dropped = cache.invalidate('key');
    const began = Date.now();
    const next = one.member.locker.acquire(lockOf('name'), 1000, never());
    dead.die();
    await dropped;
    (await next).release();
    expect(Date.now() - began).toBeGreaterThanOrEqual(GRACE - 5);
    expect(lock.signal.aborted).toBe(true);
    await expect(waiting).rejects.toThrow('ended');
    await expect(dead.member.locker.acquire(lockOf('name'), 1, never())).rejects.toThrow('ended');
    await expect(dead.member.cache('test', 1, 1).invalidate('key')).rejects.toThrow('ended');
  });
});
