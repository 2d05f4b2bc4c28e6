import { mustBe } from '../../support/clients/containers';
import { suiteUpstream } from '../../support/servers/embedded_upstream';
import { startProxy } from '../../support/servers/proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { suiteBench } from './bench';
import { REMOVAL_REFUSED, REMOVAL_REFUSED_LATER, type Injected } from './injected';
import { tryCell, type Bench } from './matrix';
import { deleting, look, prepare, putting } from './scenes';

const operation = deleting(['one', 'two'], 'DELETE with a version');
const cell = { mode: 'stack', operation, at: 0, request: 'DELETE' } as const;

describe('a DELETE in stack mode whose entry may not be removed', () => {
  const store = suiteUpstream();

  async function expectRight(bench: Bench, fault: Injected): Promise<void> {
    const wrong: string[] = [];
    for (const next of [operation, putting('next', [], 'a PUT')])
      wrong.push(...(await tryCell(bench, { ...cell, fault, next })));
    expect(wrong).toEqual([]);
  }

  describe('by the service user', () => {
    const { bench } = suiteBench(store);
    it('is answered 503, and done by the next', () => expectRight(bench(), REMOVAL_REFUSED));
  });

  describe('by the client', () => {
    const { bench } = suiteBench(store, false);
    it('is refused, and nothing is restored', () => expectRight(bench(), REMOVAL_REFUSED));
    it('any more once it is restored is answered 503, and done by the next', () =>
      expectRight(bench(), REMOVAL_REFUSED_LATER));
  });
});

describeWithSwift('a client who may read the archive and not write it', ({ plain }) => {
  it('is refused a DELETE in stack mode, and the object is untouched', async () => {
    const proxy = await startProxy(plain, { service: false });
    try {
      const owner = await login(proxy.url, 'tester');
      const scene = await prepare(owner, 'stack', ['one', 'two']);
      const acl = { 'X-Container-Read': 'test:tester3', 'X-Container-Write': 'test:tester3' };
      await mustBe(204, owner.ask('POST', `/${scene.container}`, acl));
      await mustBe(
        204,
        owner.ask('POST', `/${scene.archive}`, { 'X-Container-Read': 'test:tester3' }),
      );
      const client = await login(proxy.url, 'tester3');
      expect((await client.ask('DELETE', scene.path)).status).toBe(403);
      expect(await look(await login(plain, 'tester'), scene)).toEqual({
        current: 'two',
        archive: ['one'],
      });
    } finally {
      await proxy.close();
    }
  });
});
