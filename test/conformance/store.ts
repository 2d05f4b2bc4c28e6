import { randomUUID } from 'node:crypto';
import { toBytes } from '../../src/http/bytes';
import { StoreError } from '../../src/stores/error';
import type { ListingEntry, ObjectRef, Store } from '../../src/stores/store';

/** A store to be tried, and another way to put things into it and to look at them. */
export interface StoreFixture {
  readonly store: Store;
  readonly account: string;
  /** A container that exists and is empty. */
  createContainer(): Promise<string>;
  put(at: ObjectRef, body: string, headers?: Record<string, string>): Promise<void>;
  /** The object itself: its body (a manifest where it is one) and its headers; undefined if it is not there. */
  get(at: ObjectRef): Promise<{ body: string; header: (name: string) => string | undefined } | undefined>;
}

/** What every Store promises. */
export function storeSuite(name: string, create: () => Promise<StoreFixture>): void {
  describe(`the store ${name}`, () => {
    let fixture: StoreFixture;
    let container: string;
    let archive: string;
    const at = (object: string): ObjectRef => ({ account: fixture.account, container, object });
    const entry = (object: string): ObjectRef => ({ account: fixture.account, container: archive, object });

    beforeAll(async () => {
      fixture = await create();
    });
    beforeEach(async () => {
      container = await fixture.createContainer();
      archive = await fixture.createContainer();
    });

    it('tells what is there and what is not', async () => {
      expect(await fixture.store.stat(at('o'))).toBeUndefined();
      expect(await fixture.store.stat({ ...at('o'), container: 'no-such-container' })).toBeUndefined();
      await fixture.put(at('o'), 'body');
      const info = await fixture.store.stat(at('o'));
      expect(info?.timestamp).toMatch(/^\d{10}\.\d{5}$/);
      expect(info?.deleteAt).toBeUndefined();
      await fixture.put(at('o'), 'body', { 'X-Delete-At': '4000000000' });
      const later = await fixture.store.stat(at('o'));
      expect(later?.deleteAt).toBe('4000000000');
      expect((later?.timestamp ?? '') > (info?.timestamp ?? '')).toBe(true);
    });

    it.each(['plain', toBytes('ünï/ços'), '%25ff', 'a//b/../.', 'with space+plus', 'a?b#c;d\\e', 'slash/'])(
      'copies %j with all that it has',
      async (object) => {
        await fixture.put(at(object), 'body', {
          'Content-Type': 'text/x; charset=utf-8',
          'Content-Encoding': 'gzip',
          'Content-Disposition': 'attachment; filename=f',
          'X-Object-Meta-Note': toBytes('ünïcode'),
          'X-Delete-At': '4000000000',
        });
        expect(await fixture.store.copy(at(object), entry(`copy of ${object}`))).toBe(true);
        const copy = await fixture.get(entry(`copy of ${object}`));
        expect(copy?.body).toBe('body');
        expect(copy?.header('content-type')).toBe('text/x; charset=utf-8');
        expect(copy?.header('content-encoding')).toBe('gzip');
        expect(copy?.header('content-disposition')).toBe('attachment; filename=f');
        expect(copy?.header('x-object-meta-note')).toBe(toBytes('ünïcode'));
        expect(copy?.header('x-delete-at')).toBe('4000000000');
      },
    );

    it('copies a symlink, not its target, and knows it as itself', async () => {
      await fixture.put(at('link'), '', { 'X-Symlink-Target': `${container}/nowhere` });
      expect(await fixture.store.stat(at('link'))).toBeDefined();
      expect(await fixture.store.copy(at('link'), entry('link'))).toBe(true);
      expect((await fixture.get(entry('link')))?.header('x-symlink-target')).toBe(`${container}/nowhere`);
    });

    it('copies a dynamic large object as its manifest', async () => {
      await fixture.put(at('segments/1'), 'one');
      await fixture.put(at('dlo'), '', { 'X-Object-Manifest': `${container}/segments/` });
      expect(await fixture.store.copy(at('dlo'), entry('dlo'))).toBe(true);
      const copy = await fixture.get(entry('dlo'));
      expect(copy?.header('x-object-manifest')).toBe(`${container}/segments/`);
      expect(copy?.body).toBe('');
    });

    it('copies nothing that is not there, and replaces what is', async () => {
      await fixture.put(entry('o'), 'old');
      expect(await fixture.store.copy(at('o'), entry('o'))).toBe(false);
      expect((await fixture.get(entry('o')))?.body).toBe('old');
      await fixture.put(at('o'), 'new');
      expect(await fixture.store.copy(at('o'), entry('o'))).toBe(true);
      expect((await fixture.get(entry('o')))?.body).toBe('new');
    });

    it('refuses to copy to a container that is not there', async () => {
      await fixture.put(at('o'), 'body');
      const copying = fixture.store.copy(at('o'), { ...entry('o'), container: `none-${randomUUID()}` });
      await expect(copying).rejects.toMatchObject({ name: 'StoreError', code: 'refused' });
      await expect(copying).rejects.toBeInstanceOf(StoreError);
      expect((await fixture.get(at('o')))?.body).toBe('body');
    });

    it('removes once', async () => {
      await fixture.put(at('o'), 'body');
      expect(await fixture.store.remove(at('o'))).toBe(true);
      expect(await fixture.store.remove(at('o'))).toBe(false);
      expect(await fixture.get(at('o'))).toBeUndefined();
    });

    it('lists backwards by prefix, markers told from objects', async () => {
      expect(await all(fixture.store.listBackwards(fixture.account, `none-${randomUUID()}`, ''))).toEqual([]);
      const names = Array.from({ length: 13 }, (_, i) => `p/${String(i).padStart(2, '0')}`);
      for (const each of [...names, 'o', toBytes('q/ü')]) await fixture.put(entry(each), each);
      await fixture.store.putMarker(entry('p/05x'));
      const expected = [...names.slice(0, 6), 'p/05x', ...names.slice(6)].reverse();
      expect(await all(fixture.store.listBackwards(fixture.account, archive, 'p/'))).toEqual(
        expected.map((each) => ({ name: each, isMarker: each === 'p/05x' })),
      );
      expect(await all(fixture.store.listBackwards(fixture.account, archive, toBytes('q/ü')))).toHaveLength(
        1,
      );
      expect((await fixture.get(entry('p/05x')))?.body).toBe('');
    });
  });
}

async function all(entries: AsyncIterable<ListingEntry>): Promise<ListingEntry[]> {
  const found: ListingEntry[] = [];
  for await (const each of entries) found.push(each);
  return found;
}
