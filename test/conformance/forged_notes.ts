import { toBytes } from '../../src/http/bytes';
import { NoteBinding, type NoteRules } from '../../src/versioning/store/note_binding';
import type { RecoveryNotes } from '../../src/versioning/store/recovery_notes';
import type { Client } from '../support/clients/client';
import {
  archivePrefix,
  current,
  everything,
  MARKER_TYPE,
  MODE_HEADER,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
  type Mode,
  type Pair,
} from '../support/clients/containers';
import { partOf } from '../support/running/depth';

const KEY = 'k3y-of-all-servers';
const OTHER_KEY = 'an0ther-key-of-theirs';
const HOUR = 3_600_000;
/** Unbound notes have no tag, and anybody can compute the plain hash of bound ones. */
const ANYBODY: NoteRules = { keys: [], unbound: 'accept' };

/** Clients of the store, past the proxy and through it. */
export interface ForgeryWorld {
  /** A client that writes to the store past the proxy. */
  direct(): Promise<Client>;
  /**
   * False if the store's file system limits attributes (ext4 does), so that a Swift keeps
   * less metadata than it accepts.
   */
  readonly keepsLongMetadata: boolean;
  /** Which configurations to run in the gate. */
  readonly gate: { readonly oneOf: number; readonly from: number };
  /** A client of a proxy with further lines for `[filter:versioned_writes]`. */
  through(filter: string): Promise<Client>;
}

/** A version and a delete marker in an archive, by the timestamps of their entries. */
interface Archived extends Pair {
  readonly names: string[];
  readonly version: string;
  readonly marker: string;
}

const CONFIGURATIONS = [
  ['no key', ''],
  ['no key, and unbound notes ignored', 'unbound_notes = ignore'],
  ['a key', `note_key = ${KEY}`],
  ['a key, and unbound notes ignored', `note_key = ${KEY}\nunbound_notes = ignore`],
] as const;

/**
 * Notes of an object that somebody other than the proxy has made, and their effect on the
 * archive.
 */
export function forgedNotesSuite(world: ForgeryWorld): void {
  const pathIn = ({ container }: Pair) => pathOf(container, 'o');

  /**
   * Leaves `one` and the marker of its delete in the archive, and `two` as the object.
   */
  async function prepare(client: Client): Promise<Archived> {
    const pair = await newPair(client, 'history');
    await put(client, pair.container, 'o', 'one');
    await mustBe(204, client.ask('DELETE', pathIn(pair)));
    await put(client, pair.container, 'o', 'two');
    return archived(client, pair);
  }

  async function archived(client: Client, pair: Pair): Promise<Archived> {
    const names = await client.names(pair.archive);
    const [version = '', marker = ''] = names.map((name) => name.slice(archivePrefix('o').length));
    expect(names).toHaveLength(2);
    return { ...pair, names, version, marker };
  }

  async function switchOff(client: Client, { container }: Pair): Promise<void> {
    const headers = { 'X-Remove-Versions-Location': 'x', 'X-Remove-History-Location': 'x' };
    await mustBe(204, client.ask('POST', `/${container}`, headers));
  }

  async function switchOn(client: Client, { container, archive }: Pair, mode: Mode): Promise<void> {
    await mustBe(204, client.ask('POST', `/${container}`, { [MODE_HEADER[mode]]: archive }));
  }

  /** Writes the object past the proxy, with notes. */
  async function forge(
    pair: Archived,
    body: string,
    notes: RecoveryNotes,
    { rules = ANYBODY, ago = 0 }: { rules?: NoteRules; ago?: number } = {},
  ): Promise<void> {
    const direct = await world.direct();
    const account = direct.account.split('/').at(-1) ?? '';
    const at = { account: toBytes(account), container: pair.container, object: 'o' };
    const headers = new NoteBinding(rules, pair.archive).noteHeaders(notes, at, Date.now() - ago);
    await mustBe(201, direct.ask('PUT', pathIn(pair), Object.fromEntries(headers.entries()), body));
  }

  const unbound = ({ version, marker }: Archived): RecoveryNotes => ({
    previous: version,
    restored: [version, marker],
    unbound: ['previous', 'restored'],
  });

  /** Which of the archive's entries are still there. */
  async function left(client: Client, { archive, names }: Archived): Promise<string[]> {
    const now = await client.names(archive);
    return names.map((name, i) => (now.includes(name) ? (['version', 'marker'][i] ?? '') : 'gone'));
  }

  const ALL = ['version', 'marker'];

  describe.each(partOf(CONFIGURATIONS, world.gate))('with %s', (_, filter) => {
    const isIgnoring = filter.includes('ignore');
    const isKeyed = filter.includes('note_key');

    describe.each([
      ['PUT', 'history'],
      ['POST', 'history'],
      ['DELETE', 'history'],
      ['PUT', 'stack'],
      ['POST', 'stack'],
      ['DELETE', 'stack'],
    ] as const)('the next %s, in %s mode,', (method, mode) => {
      it('removes nothing for notes forged while the mode was off', async () => {
        const client = await world.through(filter);
        const pair = await prepare(client);
        await switchOff(client, pair);
        await forge(pair, 'forged', unbound(pair));
        await switchOn(client, pair, mode);
        expect(
          (await client.ask(method, pathIn(pair), {}, method === 'PUT' ? 'three' : '')).status,
        ).toBeLessThan(300);
        expect(await left(client, pair)).toEqual(ALL);
      });

      it('removes nothing for notes that a COPY brought meanwhile', async () => {
        const client = await world.through(filter);
        const pair = await prepare(client);
        const source = await restoredElsewhere(client, pair);
        await switchOff(client, pair);
        const copy = { 'X-Copy-From': pathOf(source, 'o') };
        await mustBe(201, client.ask('PUT', pathIn(pair), copy, ''));
        await switchOn(client, pair, mode);
        expect(
          (await client.ask(method, pathIn(pair), {}, method === 'PUT' ? 'three' : '')).status,
        ).toBeLessThan(300);
        expect(await left(client, pair)).toEqual(ALL);
      });
    });

    /**
     * Makes an object in another container whose own notes name the entries of this one,
     * since its owner has put such entries into its archive.
     */
    async function restoredElsewhere(
      client: Client,
      { version, marker }: Archived,
    ): Promise<string> {
      const other = await newPair(client, 'stack');
      const entry = (timestamp: string) => pathOf(other.archive, archivePrefix('o') + timestamp);
      await mustBe(201, client.ask('PUT', entry(version), {}, 'one'));
      await putMarker(await world.direct(), entry(marker));
      await mustBe(204, client.ask('DELETE', pathIn(other)));
      expect(await current(client, other.container, 'o')).toBe('one');
      expect(await client.names(other.archive)).toEqual([]);
      return other.container;
    }

    it(`${isIgnoring ? 'removes nothing' : 'removes no marker'} if what is forged is the version's own content`, async () => {
      const client = await world.through(filter);
      const pair = await prepare(client);
      await forge(pair, 'one', unbound(pair));
      await put(client, pair.container, 'o', 'three');
      expect(await left(client, pair)).toEqual(isIgnoring ? ALL : ['gone', 'marker']);
    });

    it('takes a plain hash for what it is worth', async () => {
      const client = await world.through(filter);
      const pair = await prepare(client);
      await forge(pair, 'one', { restored: [pair.version, pair.marker] });
      await put(client, pair.container, 'o', 'three');
      const worth = isKeyed ? (isIgnoring ? ALL : ['gone', 'marker']) : ['gone', 'gone'];
      expect(await left(client, pair)).toEqual(worth);
    });

    it('removes nothing for its own note of another hour', async () => {
      const client = await world.through(filter);
      const pair = await prepare(client);
      const rules: NoteRules = { keys: isKeyed ? [KEY] : [], unbound: 'accept' };
      await forge(pair, 'one', { restored: [pair.version, pair.marker] }, { rules, ago: 2 * HOUR });
      await put(client, pair.container, 'o', 'three');
      expect(await left(client, pair)).toEqual(ALL);
    });

    it('removes no marker that somebody noted as of an unfinished delete', async () => {
      const client = await world.through(filter);
      const direct = await world.direct();
      const pair = await newPair(client, 'history');
      await put(client, pair.container, 'o', 'one');
      const { headers } = await direct.ask('HEAD', pathIn(pair));
      const entry = pathOf(pair.archive, `${archivePrefix('o')}9999999999.00000`);
      const note = { 'X-Object-Meta-Hindsight-Deletes': headers.get('x-timestamp') ?? '' };
      await putMarker(direct, entry, note);
      await mustBe(202, client.ask('POST', pathIn(pair), { 'X-Object-Meta-Any': 'thing' }));
      expect((await everything(client, pair.archive)).map(({ isMarker }) => isMarker)).toEqual([
        true,
      ]);
    });

    it('neither removes nor restores an entry that somebody noted as a half-made marker', async () => {
      const client = await world.through(filter);
      const direct = await world.direct();
      const pair = await newPair(client, 'stack');
      for (const body of ['one', 'two']) await put(client, pair.container, 'o', body);
      const entry = pathOf(pair.archive, `${archivePrefix('o')}9999999999.00000`);
      const headers = {
        'Content-Type': 'application/x-deleted;hindsight_new=1',
        'X-Object-Meta-Hindsight-Unfinished': '',
      };
      await mustBe(201, direct.ask('PUT', entry, headers, 'content'));
      await mustBe(204, client.ask('DELETE', pathIn(pair)));
      expect(await current(client, pair.container, 'o')).toBe('one');
      // no listing through the proxy contains it
      expect(await client.names(pair.archive)).toEqual([]);
      expect((await everything(direct, pair.archive)).map(({ body }) => body)).toEqual(['content']);
    });

    it('completes what was interrupted', async () => {
      const client = await world.through(filter);
      const pair = await interrupted(client);
      await put(client, pair.container, 'o', 'three');
      expect(await left(client, pair)).toEqual(['gone', 'gone']);
    });
  });

  async function putMarker(
    direct: Client,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<void> {
    await mustBe(201, direct.ask('PUT', path, headers, ''));
    await mustBe(202, direct.ask('POST', path, { ...headers, 'Content-Type': MARKER_TYPE }));
  }

  /**
   * Leaves a DELETE in stack mode interrupted: it has restored `one`, but not yet removed
   * the entries from the archive.
   */
  async function interrupted(client: Client): Promise<Archived> {
    const direct = await world.direct();
    const pair = await newPair(client, 'history');
    await put(client, pair.container, 'o', 'one');
    await mustBe(204, client.ask('DELETE', pathIn(pair)));
    const before = await archived(client, pair);
    await switchOff(client, pair);
    await switchOn(client, pair, 'stack');
    await mustBe(204, client.ask('DELETE', pathIn(pair)));
    expect(await current(client, pair.container, 'o')).toBe('one');
    expect(await client.names(pair.archive)).toEqual([]);
    const [version = '', marker = ''] = before.names;
    await mustBe(201, direct.ask('PUT', pathOf(pair.archive, version), {}, 'one'));
    await putMarker(direct, pathOf(pair.archive, marker));
    return before;
  }

  describe('while the key is changed', () => {
    it.each([
      ['the old key counts behind the new one', `${OTHER_KEY} ${KEY}`, ['gone', 'gone']],
      ['the new key counts behind the old one', `${KEY} ${OTHER_KEY}`, ['gone', 'gone']],
      ['notes with a removed key do not count', OTHER_KEY, ALL],
    ])('%s', async (_, keys, remains) => {
      const before = await world.through(`note_key = ${KEY}`);
      const pair = await interrupted(before);
      const client = await world.through(`note_key = ${keys}`);
      await put(client, pair.container, 'o', 'three');
      expect(await left(client, pair)).toEqual(remains);
    });
  });

  describe('metadata that leaves room for a note or not', () => {
    /** Swift's limits, and the size of the note of the version before. */
    const [MAX_ITEMS, MAX_BYTES] = [90, 4096];
    const NOTE = 'hindsight-previous'.length + '1234567890.12345 ~'.length + 22;
    const many = (items: number) =>
      Object.fromEntries(Array.from({ length: items }, (_, i) => [`X-Object-Meta-A${i}`, 'x']));
    const long = (bytes: number) => {
      const names = Array.from({ length: 16 }, (_, i) => `n${String(i).padStart(2, '0')}`);
      const each = Math.floor(bytes / names.length) - 3;
      const rest = bytes - names.length * (each + 3);
      return Object.fromEntries(
        names.map((name, i) => [`X-Object-Meta-${name}`, 'x'.repeat(each + (i < rest ? 1 : 0))]),
      );
    };

    const items = [
      ['as many items as leave room', many(MAX_ITEMS - 1), true],
      ['as many items as there can be', many(MAX_ITEMS), false],
    ] as const;
    const bytes = [
      ['as many bytes as leave room', long(MAX_BYTES - NOTE), true],
      ['a byte more', long(MAX_BYTES - NOTE + 1), false],
      ['as many bytes as there can be', long(MAX_BYTES), false],
    ] as const;
    const { keepsLongMetadata } = world;

    it.each([...items, ...(keepsLongMetadata ? bytes : [])])(
      'is accepted as on the store: %s',
      async (_, metadata, isNoted) => {
        const client = await world.through(`note_key = ${KEY}`);
        const { container } = await newPair(client, 'stack');
        await put(client, container, 'o', 'one');
        await mustBe(201, client.ask('PUT', pathOf(container, 'o'), metadata, 'two'));
        const { headers } = await (await world.direct()).ask('HEAD', pathOf(container, 'o'));
        expect(headers.has('x-object-meta-hindsight-previous')).toBe(isNoted);
        const [name = '', value] = Object.entries(metadata).at(-1) ?? [];
        expect(headers.get(name)).toBe(value);
        await mustBe(204, client.ask('DELETE', pathOf(container, 'o')));
        expect(await current(client, container, 'o')).toBe('one');
      },
    );

    const full = [['many', many(MAX_ITEMS)] as const, ['long', long(MAX_BYTES)] as const];
    it.each(keepsLongMetadata ? full : full.slice(0, 1))(
      'is kept by a DELETE that restores it, and by a copy: %s',
      async (_, metadata) => {
        const client = await world.through(`note_key = ${KEY}`);
        const { container, archive } = await newPair(client, 'stack');
        const sources = await newContainer(client, 'sources');
        await mustBe(201, client.ask('PUT', pathOf(sources, 's'), metadata, 'one'));
        const copy = { 'X-Copy-From': pathOf(sources, 's') };
        await put(client, container, 'o', 'none');
        await mustBe(201, client.ask('PUT', pathOf(container, 'o'), copy, ''));
        await put(client, container, 'o', 'two');
        await mustBe(204, client.ask('DELETE', pathOf(container, 'o')));
        const { headers, body } = await client.ask('GET', pathOf(container, 'o'));
        expect(body.toString()).toBe('one');
        for (const [name, value] of Object.entries(metadata)) expect(headers.get(name)).toBe(value);
        expect(await client.names(archive)).toHaveLength(1);
      },
    );
  });
}
