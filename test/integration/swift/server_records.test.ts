import { createLog } from '../../../src/util/log';
import { createSwiftApp, swift } from '../../../src/stores/swift/app';
import { AnotherServer, RecordMonitor } from '../../../src/stores/swift/sole_server/monitor';
import {
  ServerRecords,
  type ServerRecord,
} from '../../../src/stores/swift/sole_server/server_records';
import { THIS_PROCESS } from '../../../src/stores/swift/sole_server/this_process';
import { Fence, type Locks } from '../../../src/coordination/sole_server';
import { eventually, pause } from '../../support/running/eventually';
import { serviceUser } from '../../support/servers/express_app';
import { Forwarder } from '../../support/servers/forwarder';
import { describeWithSwift, login } from '../../support/servers/swift';

const TIMES = { refresh: 200, valid: 2000, retry: 50 };
const CONTAINER = '/hindsight-servers';

describeWithSwift('servers over one Swift', ({ plain }) => {
  const running: (() => Promise<void>)[] = [];
  const clear = async () => {
    const admin = await login(plain, 'admin');
    await admin.ask('PUT', CONTAINER);
    for (const name of await admin.names(CONTAINER.slice(1)))
      await admin.ask('DELETE', `${CONTAINER}/${name}`);
  };
  beforeEach(clear);
  afterEach(async () => {
    for (const close of running.splice(0)) await close();
  });

  function recordsAt(url: string): ServerRecords {
    const app = createSwiftApp(swift.options.parse({ upstream: url, ...serviceUser(plain) }));
    running.unshift(() => app.close());
    return new ServerRecords(
      app.handler,
      () => Promise.resolve('/v1/AUTH_admin'),
      createLog('silent'),
    );
  }

  /** Returns a server that locks through something, and whether it may write. */
  function server(name: string, through: Locks['through'] = 'itself', url = plain) {
    const guard = new Fence();
    const locks = { is: { through, name } };
    const presence = new RecordMonitor(
      recordsAt(url),
      () => Promise.resolve(locks.is),
      guard.publish,
      createLog('silent'),
      TIMES,
    );
    running.unshift(() => presence.close());
    const may = () => {
      try {
        guard.confirm();
        return true;
      } catch {
        return false;
      }
    };
    return { presence, guard, may, locks };
  }

  /** Returns the record of a server that no longer exists. */
  const recordOfOther = (more: Partial<ServerRecord>): ServerRecord => ({
    ...THIS_PROCESS,
    locks: { through: 'itself', name: 'left' },
    state: 'serving',
    since: '2020-01-01T00:00:00.000000',
    ...more,
  });

  it('one alone may write, and is gone when it has ended', async () => {
    const { presence, may } = server('one');
    expect(may()).toBe(false);
    await presence.start();
    expect(may()).toBe(true);
    await presence.close();
    expect(await (await login(plain, 'admin')).names(CONTAINER.slice(1))).toEqual([]);
  });

  it('a second one that locks for itself is refused, with who is there; the first goes on', async () => {
    const first = server('one');
    await first.presence.start();
    const starting = server('other').presence.start();
    await expect(starting).rejects.toBeInstanceOf(AnotherServer);
    await expect(starting).rejects.toThrow(`host ${THIS_PROCESS.host}, pid ${THIS_PROCESS.pid}`);
    await expect(starting).rejects.toThrow(/redis_url.*sole_server_check/);
    expect(first.may()).toBe(true);
  });

  it('those that share a Redis do not mind each other; one of another Redis, or of none, is refused', async () => {
    const both = [server('redis', 'redis'), server('redis', 'redis')];
    await Promise.all(both.map(({ presence }) => presence.start()));
    await pause(3 * TIMES.refresh);
    expect(both.map(({ may }) => may())).toEqual([true, true]);
    await expect(server('another', 'redis').presence.start()).rejects.toBeInstanceOf(AnotherServer);
    await expect(server('alone').presence.start()).rejects.toBeInstanceOf(AnotherServer);
    expect(both.map(({ may }) => may())).toEqual([true, true]);
  });

  it.each([2, 3, 5])('of %d that start at once exactly one does', async (count) => {
    const all = Array.from({ length: count }, (_, i) => server(`number ${i}`));
    const started = await Promise.allSettled(all.map(({ presence }) => presence.start()));
    expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(all.filter(({ may }) => may())).toHaveLength(1);
  });

  it('of those that find each other only later one may write, the earlier', async () => {
    const first = server('one');
    await first.presence.start();
    const second = server('other');
    second.presence.run();
    await eventually('it is told', () => {
      try {
        second.guard.confirm();
      } catch (error) {
        return String(error).includes('another server writes to this store');
      }
      return false;
    });
    expect(first.may()).toBe(true);
    await first.presence.close();
    await eventually('the second may write', () => second.may());
  });

  it('a record of a process of this machine that is gone does not count, also where its pid is used again', async () => {
    const records = recordsAt(plain);
    await records.write('gone', recordOfOther({ pid: 2 ** 22 + 1, run: 'another' }));
    await records.write('reused', recordOfOther({ run: 'another' }));
    const { presence, may } = server('one');
    await presence.start();
    expect(may()).toBe(true);
  });

  it('nor does one that is not refreshed any more', async () => {
    await recordsAt(plain).write(
      'elsewhere',
      recordOfOther({ host: 'elsewhere', place: 'elsewhere' }),
    );
    const { presence, may } = server('one');
    await presence.start();
    expect(may()).toBe(true);
  });

  it('one that the store does not answer starts, may not write until it does, and not for long once it does not', async () => {
    const forwarder = await Forwarder.start(plain);
    const { url } = forwarder;
    await forwarder.close();
    const { presence, guard, may } = server('one', 'itself', url);
    await presence.start();
    expect(guard.confirm).toThrow(
      /it is not known whether another server writes to this store: .*reached/,
    );
    const again = await Forwarder.start(plain, Number(new URL(url).port));
    try {
      await eventually('it may write', may);
    } finally {
      await again.close();
    }
    expect(may()).toBe(true);
    await eventually('it may not write', () => !may());
  });

  it('one that was away for too long gives way to who came meanwhile', async () => {
    const forwarder = await Forwarder.start(plain);
    const away = server('one', 'itself', forwarder.url);
    await away.presence.start();
    await forwarder.close();
    const other = server('other');
    await other.presence.start();
    expect([away.may(), other.may()]).toEqual([false, true]);
    const again = await Forwarder.start(plain, Number(new URL(forwarder.url).port));
    try {
      await pause(4 * TIMES.refresh);
      expect([away.may(), other.may()]).toEqual([false, true]);
    } finally {
      await again.close();
    }
  });
});
