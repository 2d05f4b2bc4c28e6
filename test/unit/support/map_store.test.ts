import { randomUUID } from 'node:crypto';
import { Headers } from '../../../src/http/headers';
import { storeSuite } from '../../conformance/store';
import { MapStore } from '../../support/stores/map_store';

storeSuite(
  'in memory, for tests of the core',
  () => {
    const store = new MapStore();
    return Promise.resolve({
      store,
      account: 'a',
      createContainer: (suffix) => Promise.resolve(randomUUID() + suffix),
      absentContainer: () => {
        const name = randomUUID();
        store.absent.add(name);
        return name;
      },
      put: (at, body, headers = {}) => {
        store.put(at, body, Headers.of(headers));
        return Promise.resolve();
      },
      forReader: (container) => {
        store.readOnly.add(container);
        return Promise.resolve(store);
      },
      get: async (at) => {
        const headers = store.headers(at);
        if (!headers || !(await store.stat(at))) return undefined;
        return { body: store.body(at) ?? '', header: (name) => headers.get(name) };
      },
    });
  },
  { largeObjects: false },
);
