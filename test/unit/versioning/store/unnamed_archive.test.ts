import { Headers } from '../../../../src/http/headers';
import { SwiftStore } from '../../../../src/versioning/store/swift_store';
import { unlimited } from '../../../support/stores/authority';
import { clientRequest } from '../../../support/stores/upstream_store';

const ENTRY = { account: 'a', container: '', object: '001o/1' };

/** A store that must not be asked. */
const store = new SwiftStore(
  () => Promise.reject(new Error('asked')),
  clientRequest({ headers: Headers.none, authority: unlimited() }),
);

describe('an archive without a name, which `X-Versions-Location: %2Fx` sets', () => {
  it('has no entries: Swift lists the account in its place, where no name has a slash', async () => {
    const entries = store.listBackwards('a', '', '001o/');
    expect(await entries[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    expect(await store.firstName('a', '', '001o/')).toBeUndefined();
  });

  it('takes no entry', async () => {
    const snapshot = { headers: Headers.none, body: Buffer.from('x') };
    await expect(store.putSnapshot(snapshot, ENTRY)).rejects.toMatchObject({ status: 412 });
    await expect(store.stat(ENTRY)).rejects.toMatchObject({ status: 412 });
  });
});
