import { startProxy, type ProxyOptions } from './proxy';
import { FakeStore, type FakeConnection } from '../stores/fake_store';
import { RawConnection } from '../clients/raw_connection';

/** A proxy in front of a fake store, and connections to it. */
export interface Wire {
  readonly store: FakeStore;
  readonly url: string;
  /** The log. */
  readonly log: Record<string, unknown>[];
  readonly open: () => Promise<RawConnection>;
}

/**
 * Runs a test with a proxy in front of a fake store that only forwards requests;
 * everything is closed when the test ends.
 */
export async function onWire(
  serve: ((connection: FakeConnection) => Promise<void> | void) | string,
  test: (wire: Wire) => Promise<void>,
  options: ProxyOptions = {},
): Promise<void> {
  const store = await (typeof serve === 'string'
    ? FakeStore.answering(serve)
    : FakeStore.start(serve));
  const log: Record<string, unknown>[] = [];
  const onLog = (line: Record<string, unknown>) => log.push(line);
  const proxy = await startProxy(store.url, {
    service: false,
    allow: undefined,
    onLog,
    ...options,
  });
  const opened: RawConnection[] = [];
  const open = async () => {
    const connection = await RawConnection.open(proxy.url);
    opened.push(connection);
    return connection;
  };
  try {
    await test({ store, url: proxy.url, log, open });
  } finally {
    for (const connection of opened) connection.socket.destroy();
    await store.close();
    await proxy.close();
  }
}
