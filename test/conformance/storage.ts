import { createHash, randomBytes } from 'node:crypto';
import type { Storage } from '../../src/stores/embedded/storage/storage';
import { bytesOf, namesOf, put, readWhole, receive, record } from '../support/stores/storage';

/** Creates the storages of a suite. */
export interface StorageMaker {
  /** Creates a new, empty storage. */
  create(options?: { readonly now?: () => number }): Promise<Storage>;
  /** Opens the last created storage again after it was closed. */
  reopen(options?: { readonly now?: () => number }): Promise<Storage>;
}

const sizes = {
  empty: 0,
  one: 1,
  small: 1000,
  'the inline limit': 16384,
  'one more': 16385,
  large: 3_000_000,
};

/** The contract of every Storage. */
export function storageSuite(name: string, maker: StorageMaker): void {
  describe(`the storage ${name}`, () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = await maker.create();
      await storage.putContainer('a', 'c', {});
    });
    afterEach(() => storage.close());

    describe('accounts and containers', () => {
      it('makes an account with its first container, and counts', async () => {
        expect(storage.account('new')).toBeUndefined();
        expect(await storage.putContainer('new', 'one', { color: 'red' })).toBe(true);
        expect(await storage.putContainer('new', 'one', { size: '7' })).toBe(false);
        expect(storage.account('new')).toMatchObject({
          containers: 1,
          objects: 0,
          bytes: 0,
          attributes: {},
        });
        expect(storage.container('new', 'one')).toMatchObject({
          objects: 0,
          attributes: { color: 'red', size: '7' },
        });
      });

      it('sets attributes, and removes those set to nothing', async () => {
        await storage.putAccount('a', { x: '1', y: '2' });
        await storage.putAccount('a', { x: '' });
        expect(storage.account('a')?.attributes).toEqual({ y: '2' });
        expect(await storage.postContainer('a', 'c', { x: '1', y: '2' })).toBe(true);
        const { timestamp, modified } = storage.container('a', 'c')!;
        expect(await storage.postContainer('a', 'c', { y: '', z: '\xff' })).toBe(true);
        expect(storage.container('a', 'c')).toMatchObject({
          timestamp,
          attributes: { x: '1', z: '\xff' },
        });
        expect(storage.container('a', 'c')!.modified > modified).toBe(true);
        expect(await storage.postContainer('a', 'none', {})).toBe(false);
      });

      it('refuses to delete what is not empty', async () => {
        await put(storage, 'o', 'x');
        expect(await storage.deleteContainer('a', 'c')).toBe('not-empty');
        expect(await storage.deleteAccount('a')).toBe(false);
        await storage.deleteObject('a', 'c', 'o');
        expect(await storage.deleteContainer('a', 'c')).toBe('deleted');
        expect(await storage.deleteContainer('a', 'c')).toBe('missing');
        expect(await storage.deleteAccount('a')).toBe(true);
        expect(await storage.deleteAccount('a')).toBe(false);
        expect(storage.account('a')).toBeUndefined();
      });

      it('lists containers with their counters', async () => {
        for (const container of ['b', 'd', 'd-1', '\xff'])
          await storage.putContainer('a', container, {});
        await put(storage, 'o', 'four');
        expect(namesOf(storage.listContainers('a', { limit: 10 }))).toEqual([
          'b',
          'c',
          'd',
          'd-1',
          '\xff',
        ]);
        expect(namesOf(storage.listContainers('a', { limit: 2, marker: 'b' }))).toEqual(['c', 'd']);
        expect(storage.listContainers('a', { limit: 10, prefix: 'c' })).toMatchObject([
          { record: { objects: 1, bytes: 4 } },
        ]);
        expect(storage.listContainers('none', { limit: 10 })).toEqual([]);
      });

      it('refuses invalid names, and finds nothing by them', async () => {
        const long = 'x'.repeat(257);
        await expect(storage.putContainer('a', '', {})).rejects.toMatchObject({ code: 'bad-name' });
        await expect(storage.putContainer('a', long, {})).rejects.toMatchObject({
          code: 'bad-name',
        });
        await expect(storage.putContainer('a', '\u0163', {})).rejects.toMatchObject({
          code: 'bad-name',
        });
        await expect(put(storage, 'x'.repeat(1025), 'x')).rejects.toMatchObject({
          code: 'bad-name',
        });
        await storage.putContainer('a', '\x63', {});
        expect(storage.container('a', '\u0163')).toBeUndefined();
        expect(storage.object('a', 'c', 'x'.repeat(5000))).toBeUndefined();
        expect(storage.container('x'.repeat(5000), long)).toBeUndefined();
        expect(await storage.deleteObject('a', 'c', 'x'.repeat(5000))).toBe('no-container');
      });
    });

    describe('objects', () => {
      it.each(Object.entries(sizes))('stores and returns bytes: %s', async (_, size) => {
        const bytes = randomBytes(size);
        const made = await put(storage, 'o', bytes, {
          attributes: { k: 'v\xe4' },
          contentType: 'x/\xfc',
        });
        const etag = createHash('md5').update(bytes).digest('hex');
        expect(made).toMatchObject({
          content: { size, etag },
          attributes: { k: 'v\xe4' },
          contentType: 'x/\xfc',
        });
        expect(storage.object('a', 'c', 'o')).toEqual(made);
        expect((await bytesOf(storage, made.content)).equals(bytes)).toBe(true);
      });

      it.each(Object.entries(sizes))('reads ranges: %s', async (_, size) => {
        const bytes = randomBytes(size);
        const { content } = await put(storage, 'o', bytes);
        for (const [first, last] of [
          [0, 0],
          [size >> 1, size - 1],
          [size - 1, size - 1],
          [1, size - 2],
        ] as const) {
          if (first < 0 || last < first) continue;
          expect(
            (await bytesOf(storage, content, first, last)).equals(bytes.subarray(first, last + 1)),
          ).toBe(true);
        }
      });

      it('counts objects and bytes as they come, change and go', async () => {
        const counters = () => {
          const { objects, bytes } = storage.container('a', 'c')!;
          expect(storage.account('a')).toMatchObject({ objects, bytes });
          return [objects, bytes];
        };
        await put(storage, 'o', 'four');
        await put(storage, 'p', 'seven77');
        expect(counters()).toEqual([2, 11]);
        await put(storage, 'o', '1');
        expect(counters()).toEqual([2, 8]);
        await put(storage, 'p', 'manifest', { listed: { bytes: 1000, extra: { slo: 'x' } } });
        expect(counters()).toEqual([2, 9]);
        expect(storage.object('a', 'c', 'p')!.listed).toEqual({ bytes: 1000, extra: { slo: 'x' } });
        await storage.postObject('a', 'c', 'p', { attributes: {}, contentType: 'x' });
        expect(counters()).toEqual([2, 9]);
        await storage.deleteObject('a', 'c', 'p');
        expect(counters()).toEqual([1, 1]);
      });

      it('shares contents between copies, whichever goes first', async () => {
        for (const bytes of [randomBytes(100), randomBytes(100_000)]) {
          const { content } = await put(storage, 'o', bytes);
          await put(storage, 'copy', '', { content });
          await put(storage, 'o', '', { content });
          await storage.deleteObject('a', 'c', 'o');
          expect(
            (await bytesOf(storage, storage.object('a', 'c', 'copy')!.content)).equals(bytes),
          ).toBe(true);
          await storage.deleteObject('a', 'c', 'copy');
          await expect(storage.read(content)).rejects.toMatchObject({ code: 'gone' });
          const gone = { content, contentType: 'x', attributes: {} };
          expect(await storage.putObject('a', 'c', 'o', gone)).toBe('no-content');
        }
        expect(storage.container('a', 'c')).toMatchObject({ objects: 0, bytes: 0 });
      });

      it('reads a content to the end even if it is removed meanwhile', async () => {
        const bytes = randomBytes(3_000_000);
        const { content } = await put(storage, 'o', bytes);
        const stream = storage.read(content);
        await put(storage, 'o', 'other');
        expect((await readWhole(await stream)).equals(bytes)).toBe(true);
      });

      it('replaces attributes and content type, and keeps the rest', async () => {
        const made = await put(storage, 'o', 'bytes', {
          attributes: { a: '1' },
          listed: { bytes: 9 },
        });
        const changed = record(
          await storage.postObject('a', 'c', 'o', {
            attributes: { b: '2' },
            contentType: 'new',
            deleteAt: 4e9,
          }),
        );
        const { timestamp, content } = made;
        expect(changed).toMatchObject({
          content,
          attributes: { b: '2' },
          contentType: 'new',
          deleteAt: 4e9,
          listed: { bytes: 9 },
        });
        expect(changed.attributes).not.toHaveProperty('a');
        expect(changed.timestamp > timestamp).toBe(true);
        expect(storage.object('a', 'c', 'o')).toEqual(changed);
        const again = record(
          await storage.postObject('a', 'c', 'o', { attributes: {}, contentType: 'new' }),
        );
        expect(again).not.toHaveProperty('deleteAt');
      });

      it('keeps names and attributes of any kind', async () => {
        const account = '\xff'.repeat(256);
        const longest = '\xfe'.repeat(1024);
        await storage.putContainer(account, '\x80'.repeat(256), {});
        const attributes = {
          __proto__x: '1',
          ['__proto__']: 'own',
          constructor: 'c',
          '': 'no name',
        };
        const all = { content: await receive(storage, 'x'), contentType: '', attributes };
        for (const object of [longest, '\0', '\0\0', '/', 'a\0b', '\xff'.repeat(1024)]) {
          await storage.putObject(account, '\x80'.repeat(256), object, all);
          expect(storage.object(account, '\x80'.repeat(256), object)?.attributes).toEqual(
            attributes,
          );
        }
        const page = storage.listObjects(account, '\x80'.repeat(256), { limit: 10 });
        expect(namesOf(page)).toEqual(['\0', '\0\0', '/', 'a\0b', longest, '\xff'.repeat(1024)]);
        expect(
          namesOf(storage.listObjects(account, '\x80'.repeat(256), { limit: 10, marker: longest })),
        ).toHaveLength(1);
        const beyond = {
          limit: 10,
          marker: longest + 'x'.repeat(4000),
          endMarker: '\xff'.repeat(5000),
        };
        expect(namesOf(storage.listObjects(account, '\x80'.repeat(256), beyond))).toEqual([
          '\xff'.repeat(1024),
        ]);
      });
    });

    describe('conditions', () => {
      it('makes an object only if there is none', async () => {
        const all = { content: await receive(storage, 'x'), contentType: '', attributes: {} };
        expect(await storage.putObject('a', 'none', 'o', all)).toBe('no-container');
        record(await storage.putObject('a', 'c', 'o', all, { absent: true }));
        expect(await storage.putObject('a', 'c', 'o', all, { absent: true })).toBe('exists');
      });

      it('changes an object only if its timestamp still matches', async () => {
        const first = await put(storage, 'o', '1');
        const second = await put(storage, 'o', '2');
        const all = { content: second.content, contentType: '', attributes: {} };
        const stale = { timestamp: first.timestamp };
        expect(await storage.putObject('a', 'c', 'o', all, stale)).toBe('changed');
        expect(await storage.postObject('a', 'c', 'o', all, stale)).toBe('changed');
        expect(await storage.deleteObject('a', 'c', 'o', stale)).toBe('changed');
        expect(storage.object('a', 'c', 'o')).toEqual(second);
        const third = record(
          await storage.putObject('a', 'c', 'o', all, { timestamp: second.timestamp }),
        );
        expect(await storage.deleteObject('a', 'c', 'o', { timestamp: third.timestamp })).toEqual(
          third,
        );
        expect(await storage.putObject('a', 'c', 'o', all, stale)).toBe('missing');
        expect(await storage.postObject('a', 'c', 'o', all)).toBe('missing');
        expect(await storage.deleteObject('a', 'c', 'o')).toBe('missing');
        expect(await storage.deleteObject('a', 'none', 'o')).toBe('no-container');
      });

      it('lets exactly one of many concurrent calls make an object', async () => {
        const all = { content: await receive(storage, 'x'), contentType: '', attributes: {} };
        const results = await Promise.all(
          Array.from({ length: 20 }, () => storage.putObject('a', 'c', 'o', all, { absent: true })),
        );
        expect(results.filter((result) => result === 'exists')).toHaveLength(19);
      });

      it('never puts into a container being deleted, nor deletes one being filled', async () => {
        for (let i = 0; i < 20; i++) {
          const container = `c${i}`;
          await storage.putContainer('a', container, {});
          const all = { content: await receive(storage, 'x'), contentType: '', attributes: {} };
          const [first, second] = i % 2 ? ['put', 'delete'] : ['delete', 'put'];
          const doing = [first, second].map((what) =>
            what === 'put'
              ? storage.putObject('a', container, 'o', all)
              : storage.deleteContainer('a', container),
          );
          const results = await Promise.all(doing);
          if (results.includes('deleted')) expect(results).toContain('no-container');
          else expect(results).toContain('not-empty');
          expect(storage.container('a', container)?.objects).toBe(
            results.includes('deleted') ? undefined : 1,
          );
        }
      });
    });

    describe('times', () => {
      it('gives later changes later times, even across deletes and restarts, whatever the clock does', async () => {
        const times: string[] = [];
        let clock = Date.parse('2031-01-01');
        const change = async () => {
          times.push((await put(storage, 'o', 'x')).timestamp);
          await storage.deleteObject('a', 'c', 'o');
          times.push((await put(storage, 'o', 'y')).timestamp);
        };
        for (const step of [0, 0, 5, -1e10, 0, 3]) {
          await storage.close();
          clock += step;
          storage = await maker.reopen({ now: () => clock });
          await change();
          await Promise.all([put(storage, 'p', ''), put(storage, 'q', '')]);
        }
        expect(times).toEqual([...new Set(times)].sort());
        for (const time of times) expect(time).toMatch(/^\d{10}\.\d{5}$/);
      });
    });

    describe('expiry', () => {
      it('hides expired objects at once, and removes them when asked', async () => {
        let now = 1e12;
        await storage.close();
        storage = await maker.create({ now: () => now });
        await storage.putContainer('a', 'c', {});
        const soon = now / 1000 + 10;
        for (const name of ['1', '2', '3']) await put(storage, name, 'x', { deleteAt: soon });
        await put(storage, 'later', 'x', { deleteAt: soon + 5 });
        await put(storage, 'never', 'x');
        await put(storage, 'kept', 'x', { deleteAt: soon });
        await storage.postObject('a', 'c', 'kept', { attributes: {}, contentType: '' });
        expect(await storage.expire(100)).toBe(0);
        now += 10_000;
        expect(storage.object('a', 'c', '1')).toBeUndefined();
        expect(await storage.deleteObject('a', 'c', '1')).toBe('missing');
        expect(await storage.postObject('a', 'c', '1', { attributes: {}, contentType: '' })).toBe(
          'missing',
        );
        const all = { content: await receive(storage, 'new'), contentType: '', attributes: {} };
        record(await storage.putObject('a', 'c', '1', all, { absent: true }));
        expect(await storage.expire(1)).toBe(1);
        expect(await storage.expire(100)).toBe(1);
        expect(await storage.expire(100)).toBe(0);
        expect(namesOf(storage.listObjects('a', 'c', { limit: 9 }))).toEqual([
          '1',
          'kept',
          'later',
          'never',
        ]);
        expect(storage.container('a', 'c')).toMatchObject({ objects: 4, bytes: 6 });
        now += 5000;
        expect(await storage.expire(100)).toBe(1);
      });
    });

    describe('bytes on their way', () => {
      it('removes discarded contents, whenever they are discarded', async () => {
        for (const size of [10, 100_000, 2_000_000]) {
          const early = storage.receive();
          await early.write(randomBytes(size));
          await early.discard();
          await early.discard();
          await expect(early.write(Buffer.alloc(1))).rejects.toMatchObject({ code: 'closed' });
          await expect(early.finish()).rejects.toMatchObject({ code: 'closed' });
          const late = storage.receive();
          await late.write(randomBytes(size));
          const content = await late.finish();
          await late.discard();
          expect(
            await storage.putObject('a', 'c', 'o', { content, contentType: '', attributes: {} }),
          ).toBe('no-content');
        }
        expect(storage.object('a', 'c', 'o')).toBeUndefined();
      });

      it('can be read before a record has them', async () => {
        for (const bytes of [randomBytes(10), randomBytes(100_000)]) {
          expect((await bytesOf(storage, await receive(storage, bytes))).equals(bytes)).toBe(true);
        }
      });

      it('stay if a record has them, even if they are discarded meanwhile or afterwards', async () => {
        for (const bytes of [randomBytes(10), randomBytes(100_000)]) {
          const incoming = storage.receive();
          await incoming.write(bytes);
          const content = await incoming.finish();
          const putting = storage.putObject('a', 'c', 'o', {
            content,
            contentType: '',
            attributes: {},
          });
          await Promise.all([putting, incoming.discard()]);
          await incoming.discard();
          expect((await bytesOf(storage, content)).equals(bytes)).toBe(true);
        }
      });
    });

    it('keeps everything across a restart, and refuses calls after it was closed', async () => {
      const bytes = randomBytes(100_000);
      const small = await put(storage, 's', 'small', {
        attributes: { a: 'b' },
        deleteAt: 4e9,
        listed: { bytes: 3 },
      });
      const large = await put(storage, 'l', bytes);
      await storage.postContainer('a', 'c', { k: 'v' });
      const before = [storage.account('a'), storage.container('a', 'c')];
      await Promise.all([storage.close(), storage.close()]);
      expect(() => storage.account('a')).toThrow(
        expect.objectContaining({ code: 'closed' }) as Error,
      );
      await expect(storage.putContainer('a', 'd', {})).rejects.toMatchObject({ code: 'closed' });
      storage = await maker.reopen();
      expect([storage.account('a'), storage.container('a', 'c')]).toEqual(before);
      expect([storage.object('a', 'c', 's'), storage.object('a', 'c', 'l')]).toEqual([
        small,
        large,
      ]);
      expect((await bytesOf(storage, large.content)).equals(bytes)).toBe(true);
      expect((await bytesOf(storage, small.content)).toString()).toBe('small');
    });
  });
}
