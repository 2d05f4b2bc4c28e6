import { itInDepth } from '../support/running/depth';
import { quote, toBytes, type ByteString } from '../../src/http/bytes';
import { StoreError } from '../../src/util/store_error';
import type { ListingEntry, ObjectRef, Store } from '../../src/versioning/store/store';

/** A store to test, with direct access to what is in it. */
export interface StoreFixture {
  readonly store: Store;
  readonly account: string;
  /** Creates an empty container whose name ends in the suffix. */
  createContainer(suffix: ByteString): Promise<ByteString>;
  /** The name of a container that does not exist. */
  absentContainer(): string;
  put(at: ObjectRef, body: string, headers?: Record<string, string>, query?: string): Promise<void>;
  /**
   * The store as seen by a client that may read a container and not write to it;
   * undefined if the store uses the service user.
   */
  forReader?(container: ByteString): Promise<Store>;
  /**
   * The object itself, with its body (its manifest, if it is one) and headers; undefined
   * if it does not exist.
   */
  get(
    at: ObjectRef,
  ): Promise<{ body: string; header: (name: string) => string | undefined } | undefined>;
}

/** Features that only some stores have. */
export interface StoreAbilities {
  /** Whether it makes static large objects from manifests. */
  readonly largeObjects: boolean;
  /** Whether the gate skips long listings of it. */
  readonly isSlow?: boolean;
}

const ODD_NAMES = [
  'plain',
  toBytes('ünï/ços'),
  toBytes('☃/💩'),
  '%25ff',
  '%',
  'a%2Fb',
  'a//b/../.',
  '..',
  'with space+plus',
  'a?b#c;d\\e',
  'slash/',
  'quo"te\'s <&>',
  'tab\tand\nnewline\x01',
  'n'.repeat(1000),
  toBytes('é'.repeat(500)),
];

const METADATA = {
  'Content-Type': 'text/x; charset=utf-8',
  'Content-Encoding': 'gzip',
  'Content-Disposition': 'attachment; filename="a b"',
  'X-Object-Meta-Note': toBytes('ünïcode'),
  'X-Object-Meta-Escaped': '%25ff',
  'X-Delete-At': '4000000000',
};

/** More than the largest page that an implementation requests. */
const MANY = 1010;
const AT_ONCE = 10;

/** The contract of every Store. */
export function storeSuite(
  name: string,
  create: () => Promise<StoreFixture>,
  { largeObjects, isSlow = false }: StoreAbilities = { largeObjects: true },
): void {
  describe(`the store ${name}`, () => {
    let fixture: StoreFixture;
    let container: string;
    let archive: string;
    const at = (object: string): ObjectRef => ({ account: fixture.account, container, object });
    const entry = (object: string): ObjectRef => ({
      account: fixture.account,
      container: archive,
      object,
    });
    const putWholeMarker = async (where: ObjectRef) => {
      await fixture.store.putMarker(where);
      expect(await fixture.store.finishMarker(where)).toBe(true);
    };
    const listed = (prefix: ByteString, inside = archive) =>
      all(fixture.store.listBackwards(fixture.account, inside, prefix));

    beforeAll(async () => {
      fixture = await create();
    });
    beforeEach(async () => {
      container = await fixture.createContainer('');
      archive = await fixture.createContainer(toBytes(' ü%2F;+'));
    });

    it('reports what exists and what does not', async () => {
      expect(await fixture.store.stat(at('o'))).toBeUndefined();
      expect(
        await fixture.store.stat({ ...at('o'), container: fixture.absentContainer() }),
      ).toBeUndefined();
      await fixture.put(at('o'), 'body');
      const info = await fixture.store.stat(at('o'));
      expect(info?.timestamp).toMatch(/^\d{10}\.\d{5}$/);
      expect(info?.deleteAt).toBeUndefined();
      await fixture.put(at('o'), 'body', { 'X-Delete-At': '4000000000' });
      const later = await fixture.store.stat(at('o'));
      expect(later?.deleteAt).toBe('4000000000');
      expect((later?.timestamp ?? '') > (info?.timestamp ?? '')).toBe(true);
    });

    it.each(ODD_NAMES)(
      'keeps %j under its name, byte for byte, with all that it has',
      async (object) => {
        await fixture.put(at(object), 'body', METADATA);
        const source = await fixture.store.stat(at(object));
        expect(source?.deleteAt).toBe('4000000000');
        expect(await fixture.store.copy(at(object), entry(object))).toBe(true);
        const copy = await fixture.get(entry(object));
        expect(copy?.body).toBe('body');
        for (const [header, value] of Object.entries(METADATA))
          expect(copy?.header(header)).toBe(value);
        const info = await fixture.store.stat(entry(object));
        expect(info?.deleteAt).toBe('4000000000');
        expect((info?.timestamp ?? '') > (source?.timestamp ?? '')).toBe(true);
        expect(await listed(object)).toEqual([
          { name: object, isMarker: false, isUnfinished: false },
        ]);
        expect(await fixture.store.remove(entry(object))).toBe(true);
        expect(await fixture.get(entry(object))).toBeUndefined();
        expect((await fixture.get(at(object)))?.body).toBe('body');
      },
    );

    it('acts on a symlink, not on its target', async () => {
      await fixture.put(at('link'), '', { 'X-Symlink-Target': `${container}/nowhere` });
      expect(await fixture.store.stat(at('link'))).toBeDefined();
      expect(await fixture.store.copy(at('link'), entry('link'))).toBe(true);
      expect((await fixture.get(entry('link')))?.header('x-symlink-target')).toBe(
        `${container}/nowhere`,
      );
      await fixture.put(at('target'), 'target');
      await fixture.put(at('to target'), '', { 'X-Symlink-Target': `${container}/target` });
      await fixture.put(at('other'), 'other');
      expect(await fixture.store.copy(at('other'), at('to target'))).toBe(true);
      expect((await fixture.get(at('target')))?.body).toBe('target');
      expect((await fixture.get(at('to target')))?.body).toBe('other');
      expect(await fixture.store.copy(entry('link'), at('to target'))).toBe(true);
      expect(await fixture.store.remove(at('to target'))).toBe(true);
      expect((await fixture.get(at('target')))?.body).toBe('target');
    });

    it('acts on a dynamic large object as its manifest', async () => {
      await fixture.put(at('segments/1'), 'one');
      await fixture.put(at('dlo'), '', { 'X-Object-Manifest': `${container}/segments/` });
      expect(await fixture.store.copy(at('dlo'), entry('dlo'))).toBe(true);
      const copy = await fixture.get(entry('dlo'));
      expect(copy?.header('x-object-manifest')).toBe(`${container}/segments/`);
      expect(copy?.body).toBe('');
      expect(await fixture.store.remove(at('dlo'))).toBe(true);
      expect((await fixture.get(at('segments/1')))?.body).toBe('one');
    });

    (largeObjects ? it : it.skip)('acts on a static large object as its manifest', async () => {
      await fixture.put(at('segment'), 'one');
      const manifest = JSON.stringify([{ path: `/${container}/segment` }]);
      await fixture.put(
        at('slo'),
        manifest,
        { 'X-Object-Meta-Note': 'large' },
        'multipart-manifest=put',
      );
      expect((await fixture.store.stat(at('slo')))?.timestamp).toMatch(/^\d{10}\.\d{5}$/);
      expect(await fixture.store.copy(at('slo'), entry('slo'))).toBe(true);
      const [original, copy] = [await fixture.get(at('slo')), await fixture.get(entry('slo'))];
      expect(copy?.header('x-static-large-object')).toBe('True');
      expect(copy?.header('x-object-meta-note')).toBe('large');
      expect(JSON.parse(copy?.body ?? '')).toEqual(JSON.parse(original?.body ?? ''));
      expect(await fixture.store.remove(at('slo'))).toBe(true);
      expect((await fixture.get(at('segment')))?.body).toBe('one');
      expect(await fixture.store.copy(entry('slo'), at('slo'))).toBe(true);
      expect((await fixture.get(at('slo')))?.header('x-static-large-object')).toBe('True');
    });

    it('copies nothing that is not there, and replaces what is', async () => {
      await fixture.put(entry('o'), 'old', {
        'X-Object-Meta-Old': 'yes',
        'X-Delete-At': '4000000000',
      });
      expect(await fixture.store.copy(at('o'), entry('o'))).toBe(false);
      expect(
        await fixture.store.copy({ ...at('o'), container: fixture.absentContainer() }, entry('o')),
      ).toBe(false);
      expect((await fixture.get(entry('o')))?.body).toBe('old');
      await fixture.put(at('o'), 'new');
      expect(await fixture.store.copy(at('o'), entry('o'))).toBe(true);
      const replaced = await fixture.get(entry('o'));
      expect(replaced?.body).toBe('new');
      expect(replaced?.header('x-object-meta-old')).toBeUndefined();
      expect(replaced?.header('x-delete-at')).toBeUndefined();
    });

    it('refuses to copy to a container that is not there', async () => {
      await fixture.put(at('o'), 'body');
      const copying = fixture.store.copy(at('o'), {
        ...entry('o'),
        container: fixture.absentContainer(),
      });
      await expect(copying).rejects.toMatchObject({ name: 'StoreError', code: 'refused' });
      await expect(copying).rejects.toBeInstanceOf(StoreError);
      expect((await fixture.get(at('o')))?.body).toBe('body');
    });

    it('refuses a marker in a container that is not there', async () => {
      const marking = fixture.store.putMarker({
        ...entry('o'),
        container: fixture.absentContainer(),
      });
      await expect(marking).rejects.toMatchObject({ name: 'StoreError', code: 'refused' });
    });

    it('copies one state of an object, whole, while it is overwritten', async () => {
      const write = (which: number) =>
        fixture.put(at('o'), `body ${which} `.repeat(10_000), {
          'X-Object-Meta-Which': String(which),
        });
      await write(0);
      const copies = Array.from({ length: 8 }, (_, i) => entry(`copy ${i}`));
      const writing = (async () => {
        for (let which = 1; which <= 8; which++) await write(which);
      })();
      const copied = await Promise.all(copies.map((copy) => fixture.store.copy(at('o'), copy)));
      await writing;
      expect(new Set(copied)).toEqual(new Set([true]));
      for (const copy of copies) {
        const object = await fixture.get(copy);
        expect(object?.body).toBe(`body ${object?.header('x-object-meta-which')} `.repeat(10_000));
      }
    });

    it('copies to one place at once: one of the sources is there, whole', async () => {
      const sources = ['a', 'b', 'c', 'd'];
      for (const each of sources)
        await fixture.put(at(each), each.repeat(50_000), { 'X-Object-Meta-Which': each });
      await Promise.all(sources.map((each) => fixture.store.copy(at(each), entry('o'))));
      const object = await fixture.get(entry('o'));
      const which = object?.header('x-object-meta-which') ?? '';
      expect(sources).toContain(which);
      expect(object?.body).toBe(which.repeat(50_000));
    });

    it('removes once', async () => {
      await fixture.put(at('o'), 'body');
      expect(await fixture.store.remove(at('o'))).toBe(true);
      expect(await fixture.store.remove(at('o'))).toBe(false);
      expect(await fixture.get(at('o'))).toBeUndefined();
      expect(await fixture.store.remove({ ...at('o'), container: fixture.absentContainer() })).toBe(
        false,
      );
    });

    it('changes nothing by checking whether something may be removed', async () => {
      await fixture.put(entry('o'), 'body');
      await fixture.put(entry('gone'), 'body');
      await fixture.store.remove(entry('gone'));
      await fixture.store.checkRemoval(entry('never there'));
      await fixture.store.checkRemoval(entry('gone'));
      expect((await listed('')).map((each) => each.name)).toEqual(['o']);
      expect((await fixture.get(entry('o')))?.body).toBe('body');
      await fixture.put(entry('never there'), 'now');
      expect((await fixture.get(entry('never there')))?.body).toBe('now');
    });

    it('reports a client that may not remove', async () => {
      // the service user may remove
      if (!fixture.forReader) return;
      await fixture.put(entry('o'), 'body');
      const store = await fixture.forReader(archive);
      const refusal = { name: 'StoreError', code: 'refused', status: 403 };
      expect((await store.stat(entry('o')))?.isMarker).toBe(false);
      await expect(store.checkRemoval(entry('never there'))).rejects.toMatchObject(refusal);
      await expect(store.remove(entry('o'))).rejects.toMatchObject(refusal);
      expect((await fixture.get(entry('o')))?.body).toBe('body');
    });

    it('lists backwards by prefix, and distinguishes markers from objects', async () => {
      expect(await listed('', fixture.absentContainer())).toEqual([]);
      expect(await listed('')).toEqual([]);
      const names = Array.from({ length: 13 }, (_, i) => `p/${String(i).padStart(2, '0')}`);
      for (const each of [...names, 'o', 'p', 'p-', 'p0', toBytes('q/ü')])
        await fixture.put(entry(each), each);
      await putWholeMarker(entry('p/05x'));
      const expected = [...names.slice(0, 6), 'p/05x', ...names.slice(6)].reverse();
      expect(await listed('p/')).toEqual(
        expected.map((each) => ({ name: each, isMarker: each === 'p/05x', isUnfinished: false })),
      );
      expect(await listed(toBytes('q/ü'))).toHaveLength(1);
      expect((await fixture.get(entry('p/05x')))?.body).toBe('');
    });

    it('lists by the order of bytes, up to the last of them', async () => {
      const last = toBytes('\u{10ffff}');
      const names = ['z', 'z!', `z${last}`, `z${last}${last}`, `z${last}a`, '{', last, `${last}a`];
      for (const each of names) await fixture.put(entry(each), 'body');
      const below = (prefix: string) =>
        names
          .filter((each) => each.startsWith(prefix))
          .sort()
          .reverse();
      // no prefix ends in the last character: Swift's listings fail on that, and the
      // prefixes of archives end in a slash
      for (const prefix of ['', 'z', '{', `z${last}a`, `${last}a`]) {
        expect((await listed(prefix)).map((each) => each.name)).toEqual(below(prefix));
      }
    });

    (isSlow ? itInDepth : it)('lists more than a page, and no more than is asked for', async () => {
      const names = Array.from({ length: MANY }, (_, i) => `e/${String(i).padStart(5, '0')}`);
      for (let i = 0; i < names.length; i += AT_ONCE) {
        await Promise.all(names.slice(i, i + AT_ONCE).map((each) => fixture.put(entry(each), '')));
      }
      expect((await listed('e/')).map((each) => each.name)).toEqual([...names].reverse());
      for await (const first of fixture.store.listBackwards(fixture.account, archive, 'e/')) {
        expect(first.name).toBe(names.at(-1));
        break;
      }
    });

    it('removes a marker, and writes one over an object', async () => {
      await fixture.put(entry('o'), 'body');
      await fixture.store.putMarker(entry('o'));
      expect(await listed('')).toEqual([{ name: 'o', isMarker: true, isUnfinished: true }]);
      expect(await fixture.store.finishMarker(entry('o'))).toBe(true);
      expect(await listed('')).toEqual([{ name: 'o', isMarker: true, isUnfinished: false }]);
      expect((await fixture.store.stat(entry('o')))?.timestamp).toMatch(/^\d{10}\.\d{5}$/);
      expect(await fixture.store.remove(entry('o'))).toBe(true);
      expect(await listed('')).toEqual([]);
    });

    it('finishes no marker that is not there', async () => {
      expect(await fixture.store.finishMarker(entry('o'))).toBe(false);
      expect(await listed('')).toEqual([]);
    });

    it('retracts only half-made markers', async () => {
      await fixture.store.putMarker(entry('half'));
      await putWholeMarker(entry('whole'));
      await fixture.put(entry('object'), 'body');
      for (const name of ['half', 'whole', 'object', 'nothing'])
        await fixture.store.retractMarker(entry(name));
      expect((await listed('')).map(({ name }) => name)).toEqual(['whole', 'object']);
    });

    it('carries notes on copies and markers, and a marker that is whole does not expire', async () => {
      await fixture.put(at('o'), 'body', { 'X-Object-Meta-Own': 'stays' });
      const restored = ['1234567890.00001', '1234567890.00002'];
      expect(await fixture.store.copy(at('o'), entry('o'), { restored })).toBe(true);
      const copy = await fixture.store.stat(entry('o'));
      expect(copy).toMatchObject({ isMarker: false, notes: { restored } });
      expect(copy?.etag).toBe((await fixture.store.stat(at('o')))?.etag);
      expect((await fixture.get(entry('o')))?.header('x-object-meta-own')).toBe('stays');
      await fixture.store.putMarker(entry('m'), { deletes: '1234567890.00001' });
      const marker = await fixture.store.stat(entry('m'));
      expect(marker).toMatchObject({ isMarker: true, notes: { deletes: '1234567890.00001' } });
      await fixture.store.finishMarker(entry('m'));
      const whole = await fixture.store.stat(entry('m'));
      expect(whole).toMatchObject({ isMarker: true, notes: {} });
      expect(whole?.deleteAt).toBeUndefined();
    });

    it('links to an object, and reports where a link leads', async () => {
      const target = toBytes('v/ü%2F\x01\x01;+?');
      await fixture.put(entry(target), 'body', { 'Content-Type': 'text/x' });
      const { etag } = (await fixture.store.stat(entry(target))) ?? {};
      await fixture.put(at('o'), 'before', { 'X-Object-Meta-Old': 'yes' });
      await fixture.store.putLink(at('o'), entry(target), { etag });
      const link = await fixture.store.stat(at('o'));
      expect(link).toMatchObject({ link: entry(target), contentType: 'text/x' });
      expect(link?.deleteAt).toBeUndefined();
      expect((await fixture.get(at('o')))?.header('x-object-meta-old')).toBeUndefined();
      await fixture.store.putLink(at('o'), entry(target), {
        contentType: 'a/b;c=d',
        expiry: { at: '4000000000' },
      });
      const later = await fixture.store.stat(at('o'));
      expect(later).toMatchObject({
        link: entry(target),
        contentType: 'a/b;c=d',
        deleteAt: '4000000000',
      });
      expect((await fixture.store.stat(entry(target)))?.link).toBeUndefined();
      expect((await fixture.get(entry(target)))?.body).toBe('body');
    });

    it('refuses to link to an object with another ETag', async () => {
      await fixture.put(entry('v'), 'body');
      await fixture.put(at('o'), 'before');
      for (const to of [entry('v'), entry('none')]) {
        const linking = fixture.store.putLink(at('o'), to, { etag: '0'.repeat(32) });
        await expect(linking).rejects.toMatchObject({ name: 'StoreError', code: 'refused' });
      }
      expect((await fixture.get(at('o')))?.body).toBe('before');
    });

    it('writes a version marker once', async () => {
      expect(await fixture.store.putVersionMarker(entry('m'))).toBe(true);
      expect(await fixture.store.stat(entry('m'))).toMatchObject({ isMarker: true });
      expect(await fixture.store.putVersionMarker(entry('m'))).toBe(false);
      await fixture.put(entry('v'), 'body');
      expect(await fixture.store.putVersionMarker(entry('v'))).toBe(false);
      expect((await fixture.get(entry('v')))?.body).toBe('body');
      const marking = fixture.store.putVersionMarker({
        ...entry('m'),
        container: fixture.absentContainer(),
      });
      await expect(marking).rejects.toMatchObject({
        name: 'StoreError',
        code: 'refused',
        status: 404,
      });
    });

    it('sets the content type of copies, markers and notes, and lists it', async () => {
      const type = 'application/x-deleted;hindsight_versions_deleted=1;hindsight_null=1';
      await fixture.put(at('o'), 'body', METADATA);
      expect(await fixture.store.copy(at('o'), entry('1'), {}, 'text/x;y=1')).toBe(true);
      expect(await fixture.store.putVersionMarker(entry('2'), type)).toBe(true);
      for (const note of ['text/first', 'text/note']) await fixture.store.putNote(entry('3'), note);
      const types = ['text/x;y=1', type, 'text/note'];
      const requests = ['1', '2', '3', 'none'].map((name) =>
        fixture.store.contentType(entry(name)),
      );
      expect(await Promise.all(requests)).toEqual([...types, undefined]);
      expect((await fixture.get(entry('1')))?.header('x-object-meta-escaped')).toBe('%25ff');
      const listed = await fixture.store.firstEntries(fixture.account, archive, '', 2);
      expect(
        listed.map(({ name, isMarker, contentType }) => [name, isMarker, contentType]),
      ).toEqual([
        ['1', false, types[0]],
        ['2', true, type],
      ]);
    });

    it('removes the expiry of an object, and nothing else', async () => {
      await fixture.put(at('o'), 'body', METADATA);
      await fixture.store.keepForever(at('o'));
      const { 'X-Delete-At': expiry, ...others } = METADATA;
      const object = await fixture.get(at('o'));
      expect([object?.body, object?.header('x-delete-at'), expiry]).toEqual([
        'body',
        undefined,
        '4000000000',
      ]);
      for (const [header, value] of Object.entries(others))
        expect(object?.header(header)).toBe(value);
    });

    it('finds the first name with a prefix', async () => {
      const first = (prefix: ByteString, inside = archive) =>
        fixture.store.firstName(fixture.account, inside, prefix);
      expect(await first('', fixture.absentContainer())).toBeUndefined();
      expect(await first('p')).toBeUndefined();
      for (const each of ['o', 'p/2', 'p/1', 'p0']) await fixture.put(entry(each), each);
      expect([await first(''), await first('p'), await first('p/'), await first('q')]).toEqual([
        'o',
        'p/1',
        'p/1',
        undefined,
      ]);
    });

    it('keeps accounts apart', async () => {
      await fixture.put(at('o'), 'body');
      const elsewhere = { ...at('o'), account: `${quote(fixture.account)}x` };
      const result = await fixture.store.stat(elsewhere).catch((error: unknown) => error);
      expect(result === undefined || result instanceof StoreError).toBe(true);
      expect((await fixture.get(at('o')))?.body).toBe('body');
    });
  });
}

async function all(entries: AsyncIterable<ListingEntry>): Promise<ListingEntry[]> {
  const collected: ListingEntry[] = [];
  for await (const each of entries) collected.push(each);
  return collected;
}
