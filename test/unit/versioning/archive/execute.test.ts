import type { Mode } from '../../../../src/versioning/archive/plan';
import { formatTimestamp } from '../../../../src/versioning/archive/names';
import {
  ArchiveExecutor,
  type Operation,
  type Outcome,
  type Verdict,
} from '../../../../src/versioning/archive/execute';
import { createLog } from '../../../../src/util/log';
import { StoreError } from '../../../../src/util/store_error';
import type { RecoveryNotes } from '../../../../src/versioning/store/recovery_notes';
import type { ObjectInfo } from '../../../../src/versioning/store/store';
import { recordingStore } from '../../../support/stores/recording_store';
import { MapStore } from '../../../support/stores/map_store';

const OBJECT = { account: 'a', container: 'c', object: 'o' };
const entry = (timestamp: string) => ({
  ...OBJECT,
  container: 'archive',
  object: `001o/${timestamp}`,
});
/** The times at which the store in memory executes its steps. */
const at = (n: number) => formatTimestamp(1_000_000_000_000 + n);
const OLD = '0000000005.00001';
const OLDER = '0000000004.00001';

function world() {
  const map = new MapStore();
  const told = recordingStore(map);
  const { store, asked, fails } = told;
  const logged: string[] = [];
  const log = createLog('warn', { write: (line: string) => logged.push(line) });
  const guarded: (ObjectInfo | undefined)[] = [];
  const forwarded: RecoveryNotes[] = [];
  /**
   * Runs an operation; records the client's own request, which then changes the object.
   */
  const perform = (
    kind: Operation['kind'],
    {
      mode = 'stack',
      verdict = 'go',
      outcome = 'done',
    }: Partial<{ mode: Mode; verdict: Verdict; outcome: Outcome }>,
    during: () => void = () => undefined,
  ) =>
    new ArchiveExecutor(store, 'archive', log).execute(OBJECT, mode, {
      kind,
      guard: (current) => {
        guarded.push(current);
        return Promise.resolve(verdict);
      },
      forward: (notes) => {
        asked.push('forward');
        forwarded.push(notes);
        during();
        if (outcome === 'done' && kind === 'write') map.put(OBJECT, 'written', undefined, notes);
        if (outcome === 'done' && kind === 'update') map.post(OBJECT, notes);
        if (outcome === 'done' && kind === 'delete') map.delete(OBJECT);
        return Promise.resolve(outcome);
      },
    });
  return { map, told, asked, fails, logged, guarded, forwarded, perform };
}

const refused = new StoreError('refused', 'not allowed', 403);
const unavailable = new StoreError('unavailable', 'no answer');

describe('a write', () => {
  it('of a missing object is forwarded at once', async () => {
    const { asked, guarded, forwarded, perform } = world();
    expect(await perform('write', { verdict: 'stop' })).toBe('forwarded');
    expect(asked).toEqual(['statWhole c/o', 'forward']);
    expect(forwarded).toEqual([{}]);
    expect(guarded).toEqual([]);
  });

  it('archives the current object, and has that noted on the new one', async () => {
    const { map, asked, guarded, forwarded, perform } = world();
    map.put(OBJECT, 'one');
    expect(await perform('write', {})).toBe('forwarded');
    expect(asked).toEqual([
      'statWhole c/o',
      `stat archive/001o/${at(1)}`,
      `copy c/o archive/001o/${at(1)}`,
      'forward',
    ]);
    expect(forwarded).toEqual([{ previous: at(1) }]);
    expect(guarded).toEqual([expect.objectContaining({ timestamp: at(1) })]);
    expect(map.bodies('archive')).toEqual(['one']);
  });

  it('archives a small object as it was fetched, and lets the store copy if it does not take that', async () => {
    const { map, told, asked, perform } = world();
    map.isFetching = true;
    map.put(OBJECT, 'one');
    expect(await perform('write', {})).toBe('forwarded');
    const put = (n: number) =>
      expect.stringMatching(`^putSnapshot .* archive/001o/${at(n)} if-new$`) as string;
    expect(asked.splice(0)).toEqual(['statWhole c/o', put(1), 'forward']);
    expect(map.bodies('archive')).toEqual(['one']);

    told.answer = (call, answer) => (call.startsWith('putSnapshot') ? 'not-taken' : answer);
    expect(await perform('write', {})).toBe('forwarded');
    const stat = `stat archive/001o/${at(3)}`;
    const copy = `copy c/o archive/001o/${at(3)}`;
    const list = 'listBackwards a archive 001o/';
    expect(asked).toEqual(['statWhole c/o', put(3), list, stat, copy, 'forward']);
    expect(map.bodies('archive')).toEqual(['one', 'written']);
  });

  it.each(['stack', 'history'] as const)(
    'that fails removes the marker that an interrupted delete has left: %s',
    async (mode) => {
      const { map, perform } = world();
      map.isFetching = true;
      map.put(OBJECT, 'one');
      map.put(entry(at(1)), 'one');
      await map.putMarker(entry(at(3)));
      await perform('write', { mode, outcome: 'failed' });
      expect(map.hasUnfinished('archive')).toBe(false);
      // the next request recognises the entry by its timestamp
      expect(map.bodies('archive')).toEqual(['one']);
    },
  );

  it.each<[Mode, isFetching: boolean]>([
    ['stack', true],
    ['stack', false],
    ['history', true],
    ['history', false],
  ])(
    'that fails leaves the entry that an earlier one needs if it was done after all: %s, small %s',
    async (mode, isFetching) => {
      const { map, perform } = world();
      map.isFetching = isFetching;
      map.put(OBJECT, 'one');
      await perform('write', { mode, outcome: 'unknown' });
      // the store does not show yet that it has done it
      await perform('write', { mode, outcome: 'failed' });
      expect(map.bodies('archive')).toEqual(['one']);
    },
  );

  it('that fails leaves what it archived if the client may not read the archive', async () => {
    const { map, told, perform } = world();
    map.put(OBJECT, 'one');
    told.answer = (call, answer) => {
      if (call.startsWith('stat archive')) throw refused;
      return answer;
    };
    await perform('write', { outcome: 'failed' });
    expect(map.bodies('archive')).toEqual(['one']);
  });

  it.each(['stack', 'history'] as const)(
    'does not happen if the store did not answer to what it archived, which may have existed: %s',
    async (mode) => {
      const { map, told, asked, perform } = world();
      map.isFetching = true;
      map.put(OBJECT, 'one');
      told.answer = (call, answer) => {
        if (call.startsWith('putSnapshot')) throw unavailable;
        return answer;
      };
      await expect(perform('write', { mode })).rejects.toBe(unavailable);
      expect(asked).toHaveLength(2);
      expect(map.bodies('archive')).toEqual(['one']);

      // the next one finds it
      told.answer = (_, answer) => answer;
      expect(await perform('write', { mode })).toBe('forwarded');
      expect(map.bodies('archive')).toEqual(['one']);
    },
  );

  it('is let through with nothing archived if it will be refused', async () => {
    const { map, asked, forwarded, perform } = world();
    map.put(OBJECT, 'one');
    expect(await perform('write', { verdict: 'pass', outcome: 'failed' })).toBe('forwarded');
    expect(asked).toEqual(['statWhole c/o', 'forward']);
    expect(forwarded).toEqual([{}]);
  });

  it('first removes what was restored to the object', async () => {
    const { map, asked, perform } = world();
    map.put(entry(OLD), 'one');
    map.put(OBJECT, 'one', undefined, { restored: [OLD] });
    expect(await perform('write', {})).toBe('forwarded');
    expect(asked).toEqual([
      'statWhole c/o',
      `stat archive/001o/${OLD}`,
      `remove archive/001o/${OLD}`,
      `stat archive/001o/${at(2)}`,
      `copy c/o archive/001o/${at(2)}`,
      'forward',
    ]);
  });

  it('that fails leaves nothing in the archive', async () => {
    const { map, asked, logged, perform } = world();
    map.put(OBJECT, 'one');
    expect(await perform('write', { outcome: 'failed' })).toBe('forwarded');
    expect(asked.slice(3)).toEqual(['forward', 'stat c/o', `remove archive/001o/${at(1)}`]);
    expect(map.bodies('archive')).toEqual([]);
    expect(logged).toEqual([]);
  });

  it('that fails leaves the archive alone if the object is another meanwhile', async () => {
    const { map, perform } = world();
    map.put(OBJECT, 'one');
    await perform('write', { outcome: 'failed' }, () => map.put(OBJECT, 'two'));
    expect(map.bodies('archive')).toEqual(['one']);
  });

  it('that fails leaves the archive alone if the object has gone meanwhile', async () => {
    const { map, perform } = world();
    map.put(OBJECT, 'one');
    await perform('write', { outcome: 'failed' }, () => map.delete(OBJECT));
    expect(map.bodies('archive')).toEqual(['one']);
  });

  it('that may have been done keeps what it archived', async () => {
    const { map, asked, perform } = world();
    map.put(OBJECT, 'one');
    await perform('write', { outcome: 'unknown' });
    expect(asked.at(-1)).toBe('forward');
    expect(map.bodies('archive')).toEqual(['one']);
  });

  it('says so in the log if what it archived stays', async () => {
    const { map, fails, logged, perform } = world();
    map.put(OBJECT, 'one');
    fails.set('remove', unavailable);
    expect(await perform('write', { outcome: 'failed' })).toBe('forwarded');
    expect(logged.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        err: 'no answer',
        msg: expect.stringContaining('duplicate stays in the archive') as string,
      },
    ]);
  });

  it('throws on a bug, even while undoing', async () => {
    const { map, fails, perform } = world();
    map.put(OBJECT, 'one');
    fails.set('remove', new TypeError('a bug'));
    await expect(perform('write', { outcome: 'failed' })).rejects.toThrow('a bug');
  });

  it.each([
    ['is not there if the store refused it', refused, []],
    ['is not there if the store could not be asked', new StoreError('unreachable', 'no way'), []],
    [
      'may be there if the store did not answer',
      unavailable,
      ['stat c/o', `remove archive/001o/${at(1)}`],
    ],
    [
      'may be there if there is a bug',
      new TypeError('a bug'),
      ['stat c/o', `remove archive/001o/${at(1)}`],
    ],
  ])('does not happen if archiving fails, and the copy %s', async (_, error, undone) => {
    const { map, asked, fails, perform } = world();
    map.put(OBJECT, 'one');
    fails.set('copy', error);
    await expect(perform('write', {})).rejects.toBe(error);
    const [stat, copy] = [`stat archive/001o/${at(1)}`, `copy c/o archive/001o/${at(1)}`];
    expect(asked).toEqual(['statWhole c/o', stat, copy, ...undone]);
  });

  it('does not happen if what was restored cannot be removed', async () => {
    const { map, asked, fails, perform } = world();
    map.put(entry(OLD), 'one');
    map.put(OBJECT, 'one', undefined, { restored: [OLD] });
    fails.set('remove', refused);
    await expect(perform('write', {})).rejects.toBe(refused);
    expect(asked.at(-1)).toBe(`remove archive/001o/${OLD}`);
  });
});

describe('a write in history mode', () => {
  const history = { mode: 'history' } as const;

  it('of a missing object is forwarded at once, even if it was deleted', async () => {
    const { map, asked, guarded, forwarded, perform } = world();
    map.put(entry(OLD), undefined);
    expect(await perform('write', { ...history, verdict: 'stop' })).toBe('forwarded');
    expect(asked).toEqual(['statWhole c/o', 'listBackwards a archive 001o/', 'forward']);
    expect(forwarded).toEqual([{}]);
    expect(guarded).toEqual([]);
  });

  it('removes what is left over, but for the entry that it would make', async () => {
    const { map, asked, perform } = world();
    map.put(OBJECT, 'one', undefined, { restored: [OLD] });
    map.put(entry(OLD), 'one');
    map.put(entry(at(1)), 'one');
    expect(await perform('write', history)).toBe('forwarded');
    expect(asked.filter((each) => /^(remove|copy)/.test(each))).toEqual([
      `remove archive/001o/${OLD}`,
      `copy c/o archive/001o/${at(1)}`,
    ]);
  });

  it('over a small object lists nothing if no delete of it began', async () => {
    const { map, asked, guarded, forwarded, perform } = world();
    map.isFetching = true;
    map.put(OBJECT, 'one');
    expect(await perform('write', history)).toBe('forwarded');
    expect(asked).toEqual([
      'statWhole c/o',
      expect.stringMatching(`^putSnapshot .* archive/001o/${at(1)} if-new$`),
      'forward',
    ]);
    expect(guarded).toHaveLength(1);
    expect(forwarded).toEqual([{ previous: at(1) }]);
    expect(map.bodies('archive')).toEqual(['one']);
  });

  it('over a small object takes back a marker if a delete of it may have begun', async () => {
    const { map, asked, guarded, forwarded, perform } = world();
    map.isFetching = true;
    map.put(OBJECT, 'one');
    map.put(entry(at(1)), 'one');
    await map.putMarker(entry(at(3)));
    expect(await perform('write', history)).toBe('forwarded');
    expect(map.hasUnfinished('archive')).toBe(false);
    expect(map.bodies('archive')).toEqual(['one']);
    expect(asked.filter((each) => each === 'forward')).toHaveLength(1);
    expect(guarded).toHaveLength(1);
    expect(forwarded).toEqual([{ previous: at(1) }]);
  });

  it('over a small object lets the store copy if it does not take that', async () => {
    const { map, told, asked, perform } = world();
    map.isFetching = true;
    map.put(OBJECT, 'one');
    told.answer = (call, answer) => (call.startsWith('putSnapshot') ? 'not-taken' : answer);
    expect(await perform('write', history)).toBe('forwarded');
    expect(asked.slice(-2)).toEqual([`copy c/o archive/001o/${at(1)}`, 'forward']);
  });

  it.each([
    ['failed', []],
    ['unknown', ['one']],
  ] as const)('over a small object whose end is %s keeps %j', async (outcome, kept) => {
    const { map, perform } = world();
    map.isFetching = true;
    map.put(OBJECT, 'one');
    await perform('write', { ...history, outcome });
    expect(map.bodies('archive')).toEqual(kept);
  });

  it('over a small object finds the marker of a delete after a write that may have archived', async () => {
    const { map, told, perform } = world();
    map.isFetching = true;
    map.put(OBJECT, 'one');
    map.put(entry(at(1)), 'one');
    await map.putMarker(entry(at(3)));
    told.answer = (call, answer) => {
      if (call.startsWith('putSnapshot')) throw unavailable;
      return answer;
    };
    await expect(perform('write', history)).rejects.toBe(unavailable);
    told.answer = (_, answer) => answer;
    await perform('write', { mode: 'stack', outcome: 'failed' });
    expect(await perform('write', history)).toBe('forwarded');
    expect(map.hasUnfinished('archive')).toBe(false);
    expect(map.bodies('archive')).toEqual(['one']);
  });

  it('over a small object lists if its timestamp has whole seconds', async () => {
    const { map, asked, perform } = world();
    map.isFetching = true;
    map.resolution = 1000;
    map.put(OBJECT, 'one');
    expect(await perform('write', history)).toBe('forwarded');
    expect(asked).toContain('listBackwards a archive 001o/');
  });

  it('takes back what it may have archived, which is recognised by nothing with whole seconds', async () => {
    const { map, told, perform } = world();
    map.isFetching = true;
    map.resolution = 1000;
    map.put(OBJECT, 'one');
    told.answer = (call, answer) => {
      if (call.startsWith('putSnapshot')) throw unavailable;
      return answer;
    };
    await expect(perform('write', history)).rejects.toBe(unavailable);
    expect(map.bodies('archive')).toEqual([]);
  });

  it('over a small object removes what was restored, if the client may see it', async () => {
    const { map, told, asked, fails, perform } = world();
    map.isFetching = true;
    map.put(entry(OLD), 'one');
    map.put(OBJECT, 'one', undefined, { restored: [OLD] });
    fails.set(`stat archive/001o/${OLD}`, refused);
    expect(await perform('write', history)).toBe('forwarded');
    expect(map.bodies('archive')).toEqual(['one', 'one']);
    expect(told.asked.some((each) => each.startsWith('remove'))).toBe(false);

    fails.clear();
    map.put(OBJECT, 'one', undefined, { restored: [OLD] });
    expect(await perform('write', history)).toBe('forwarded');
    expect(asked).toContain(`remove archive/001o/${OLD}`);
  });

  it('archives what is there if the client may not list', async () => {
    const { map, asked, fails, perform } = world();
    map.put(OBJECT, 'one');
    fails.set('listBackwards', refused);
    expect(await perform('write', history)).toBe('forwarded');
    expect(asked).toEqual([
      'statWhole c/o',
      'listBackwards a archive 001o/',
      `stat archive/001o/${at(1)}`,
      `copy c/o archive/001o/${at(1)}`,
      'forward',
    ]);
  });
});

describe('a change of metadata', () => {
  it('is let through with the note of the version before', async () => {
    const { map, asked, guarded, forwarded, perform } = world();
    map.put(OBJECT, 'one', undefined, { previous: OLD });
    expect(await perform('update', { verdict: 'stop' })).toBe('forwarded');
    expect(asked).toEqual(['stat c/o', 'listBackwards a archive 001o/', 'forward']);
    expect(forwarded).toEqual([{ previous: OLD }]);
    expect(guarded).toEqual([]);
  });

  it('binds no note of the version before that was not bound', async () => {
    const { map, forwarded, perform } = world();
    map.put(OBJECT, 'one', undefined, {
      previous: OLD,
      restored: [OLDER],
      unbound: ['restored', 'previous'],
    });
    expect(await perform('update', {})).toBe('forwarded');
    expect(forwarded).toEqual([{ previous: OLD, unbound: ['previous'] }]);
    map.put(OBJECT, 'one', undefined, { previous: OLD, restored: [OLDER], unbound: ['restored'] });
    await perform('update', {});
    expect(forwarded[1]).toEqual({ previous: OLD });
  });

  it('of a missing object is forwarded', async () => {
    const { asked, guarded, forwarded, perform } = world();
    expect(await perform('update', { verdict: 'stop' })).toBe('forwarded');
    expect(asked).toEqual(['stat c/o', 'listBackwards a archive 001o/', 'forward']);
    expect(forwarded).toEqual([{}]);
    expect(guarded).toEqual([]);
  });

  it.each<[Verdict, string, boolean]>([
    ['go', 'forwarded', false],
    ['pass', 'forwarded', true],
    ['stop', 'stopped', true],
  ])(
    'of what was deleted finishes the marker only if the guard says go: %s',
    async (verdict, result, stays) => {
      const { map, perform } = world();
      await map.putMarker(entry(OLD), { deletes: undefined });
      expect(await perform('update', { verdict })).toBe(result);
      expect(map.hasUnfinished('archive')).toBe(stays);
    },
  );

  it('of an object that the client may not see changes nothing, and is let through', async () => {
    const { asked, fails, forwarded, perform } = world();
    fails.set('stat', refused);
    expect(await perform('update', {})).toBe('forwarded');
    expect(asked).toEqual(['stat c/o', 'forward']);
    expect(forwarded).toEqual([{}]);
  });

  it('first removes leftovers', async () => {
    const { map, asked, guarded, forwarded, perform } = world();
    map.put(OBJECT, 'one', undefined, { previous: OLD });
    map.put(entry(at(1)), 'one');
    expect(await perform('update', {})).toBe('forwarded');
    expect(asked.slice(2)).toEqual([`remove archive/001o/${at(1)}`, 'forward']);
    expect(forwarded).toEqual([{ previous: OLD }]);
    expect(guarded).toHaveLength(1);
  });

  it.each<[Verdict, string, readonly string[]]>([
    ['stop', 'stopped', []],
    ['pass', 'forwarded', ['forward']],
  ])('removes nothing if the guard says: %s', async (verdict, result, done) => {
    const { map, asked, perform } = world();
    map.put(OBJECT, 'one');
    map.put(entry(at(1)), 'one');
    expect(await perform('update', { verdict })).toBe(result);
    expect(asked.slice(2)).toEqual(done);
  });

  it.each(['stat', 'listBackwards'])(
    'is let through if the client may not ask: %s',
    async (method) => {
      const { map, asked, fails, perform } = world();
      map.put(OBJECT, 'one');
      map.put(entry(at(1)), 'one');
      fails.set(method, refused);
      expect(await perform('update', {})).toBe('forwarded');
      expect(asked.at(-1)).toBe('forward');
      expect(map.bodies('archive')).toEqual(['one']);
    },
  );

  it.each(['stat', 'listBackwards'])('does not happen if the store fails: %s', async (method) => {
    const { map, asked, fails, perform } = world();
    map.put(OBJECT, 'one');
    fails.set(method, unavailable);
    await expect(perform('update', {})).rejects.toBe(unavailable);
    expect(asked).not.toContain('forward');
  });
});

describe('a DELETE in history mode', () => {
  const history = { mode: 'history' } as const;

  it('archives, writes a marker half that notes the object, deletes, and finishes the marker', async () => {
    const { map, asked, forwarded, perform } = world();
    map.put(OBJECT, 'one');
    expect(await perform('delete', history)).toBe('forwarded');
    expect(asked).toEqual([
      'statWhole c/o',
      'listBackwards a archive 001o/',
      `stat archive/001o/${at(1)}`,
      `copy c/o archive/001o/${at(1)}`,
      `putMarker archive/001o/${at(2)} {"deletes":"${at(1)}"}`,
      'forward',
      `finishMarker archive/001o/${at(2)}`,
    ]);
    expect(forwarded).toEqual([{}]);
  });

  it('whose marker cannot be finished is not acknowledged, and takes nothing back', async () => {
    const { map, asked, fails, perform } = world();
    map.put(OBJECT, 'one');
    fails.set('finishMarker', refused);
    await expect(perform('delete', history)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/deleted, but its delete marker is unfinished/) as string,
    });
    expect(asked.at(-1)).toBe(`finishMarker archive/001o/${at(2)}`);
  });

  it('whose marker has gone is not acknowledged', async () => {
    const { map, told, perform } = world();
    map.put(OBJECT, 'one');
    told.answer = (text, answer) => (text.startsWith('finishMarker') ? false : answer);
    await expect(perform('delete', history)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/deleted, but its delete marker is gone/) as string,
    });
  });

  it.each<[Outcome, readonly string[]]>([
    ['unknown', []],
    ['failed', ['stat c/o', `remove archive/001o/${at(2)}`, `remove archive/001o/${at(1)}`]],
  ])('whose end is %s finishes no marker', async (outcome, then) => {
    const { map, asked, perform } = world();
    map.put(OBJECT, 'one');
    await perform('delete', { ...history, outcome });
    expect(asked.slice(asked.indexOf('forward') + 1)).toEqual(then);
  });

  it.each(['write', 'update', 'delete'] as const)(
    'that was interrupted before it happened has its marker taken back by the next: %s',
    async (kind) => {
      const { map, asked, perform } = world();
      map.put(OBJECT, 'one');
      await map.putMarker(entry(at(2)));
      await perform(kind, history);
      // first determines whose marker it is
      expect(asked[3]).toBe(`retractMarker archive/001o/${at(2)}`);
    },
  );

  it.each(['write', 'update', 'delete'] as const)(
    'that was interrupted after it happened has its marker finished by the next: %s',
    async (kind) => {
      const { map, asked, guarded, perform } = world();
      await map.putMarker(entry(at(1)));
      expect(await perform(kind, history)).toBe('forwarded');
      expect(asked[3]).toBe(`finishMarker archive/001o/${at(1)}`);
      expect(guarded).toEqual([undefined]);
    },
  );

  it('writes a marker also of nothing', async () => {
    const { asked, guarded, perform } = world();
    expect(await perform('delete', history)).toBe('forwarded');
    const marker = `archive/001o/${at(1)}`;
    expect(asked.slice(2)).toEqual([`putMarker ${marker} {}`, 'forward', `finishMarker ${marker}`]);
    expect(guarded).toEqual([undefined]);
  });

  it('removes what is left over, but for the entry that it would make', async () => {
    const { map, asked, perform } = world();
    map.put(OBJECT, 'one', undefined, { restored: [OLD] });
    map.put(entry(OLD), 'one');
    map.put(entry(at(1)), 'one');
    expect(await perform('delete', history)).toBe('forwarded');
    expect(asked.filter((each) => /^(remove|copy)/.test(each))).toEqual([
      `remove archive/001o/${OLD}`,
      `copy c/o archive/001o/${at(1)}`,
    ]);
  });

  it.each<[Verdict, string, readonly string[]]>([
    ['stop', 'stopped', []],
    ['pass', 'forwarded', ['forward']],
  ])('archives nothing if the guard says: %s', async (verdict, result, done) => {
    const { map, asked, perform } = world();
    map.put(OBJECT, 'one');
    expect(await perform('delete', { ...history, verdict })).toBe(result);
    expect(asked.slice(2)).toEqual(done);
  });

  it('archives what is there if the client may not list', async () => {
    const { map, asked, fails, perform } = world();
    map.put(OBJECT, 'one');
    fails.set('listBackwards', refused);
    expect(await perform('delete', history)).toBe('forwarded');
    expect(asked.slice(2)).toEqual([
      `stat archive/001o/${at(1)}`,
      `copy c/o archive/001o/${at(1)}`,
      `putMarker archive/001o/${at(2)} {"deletes":"${at(1)}"}`,
      'forward',
      `finishMarker archive/001o/${at(2)}`,
    ]);
    expect(map.bodies('archive')).toEqual(['one', null]);
  });

  it('that fails takes its marker back, and then what it archived', async () => {
    const { map, asked, perform } = world();
    map.put(OBJECT, 'one');
    await perform('delete', { ...history, outcome: 'failed' });
    expect(asked.slice(6)).toEqual([
      'stat c/o',
      `remove archive/001o/${at(2)}`,
      `remove archive/001o/${at(1)}`,
    ]);
  });

  it('of nothing, that fails, takes its marker back', async () => {
    const { map, perform } = world();
    await perform('delete', { ...history, outcome: 'failed' });
    expect(map.dump()).toEqual([]);
  });

  it('does not happen if its marker cannot be written, which may be there half', async () => {
    const { map, asked, fails, perform } = world();
    map.put(OBJECT, 'one');
    fails.set('putMarker', refused);
    await expect(perform('delete', history)).rejects.toBe(refused);
    expect(asked.slice(-3)).toEqual([
      'stat c/o',
      `remove archive/001o/${at(2)}`,
      `remove archive/001o/${at(1)}`,
    ]);
  });
});

describe('a DELETE in stack mode', () => {
  it('is let through if the archive is empty, and nothing was before', async () => {
    const { map, asked, guarded, forwarded, perform } = world();
    map.put(OBJECT, 'one');
    expect(await perform('delete', { verdict: 'stop' })).toBe('forwarded');
    expect(asked).toEqual(['stat c/o', 'listBackwards a archive 001o/', 'forward']);
    expect(forwarded).toEqual([{}]);
    expect(guarded).toEqual([]);
  });

  it('asks the guard if the object notes one that is not listed', async () => {
    const { map, guarded, perform } = world();
    map.put(OBJECT, 'two', undefined, { previous: OLD });
    expect(await perform('delete', { verdict: 'stop' })).toBe('stopped');
    expect(guarded).toHaveLength(1);
  });

  it('restores the newest version, which the object notes until it is removed', async () => {
    const { map, asked, forwarded, perform } = world();
    map.put(entry(OLD), 'one');
    map.put(OBJECT, 'two');
    expect(await perform('delete', {})).toBe('popped');
    expect(asked.slice(2)).toEqual([
      'checkRemoval archive/001o/0000000000.00000',
      `copy archive/001o/${OLD} c/o {"restored":["${OLD}"]}`,
      `remove archive/001o/${OLD}`,
    ]);
    expect(forwarded).toEqual([]);
    expect(map.body(OBJECT)).toBe('one');
  });

  it('takes back a marker, and what that hid', async () => {
    const { map, asked, perform } = world();
    map.put(entry(OLDER), 'one');
    map.put(entry(OLD), undefined);
    expect(await perform('delete', {})).toBe('popped');
    expect(asked.slice(3)).toEqual([
      `copy archive/001o/${OLDER} c/o {"restored":["${OLDER}","${OLD}"]}`,
      `remove archive/001o/${OLDER}`,
      `remove archive/001o/${OLD}`,
    ]);
  });

  it('reports that another client had removed what it took back', async () => {
    const { map, told, perform } = world();
    map.put(entry(OLD), undefined);
    told.before = (text) => {
      if (text.startsWith('remove')) map.delete(entry(OLD));
    };
    expect(await perform('delete', {})).toBe('popped-missing');
  });

  it('removes leftovers before it restores', async () => {
    const { map, asked, perform } = world();
    map.put(entry(OLD), 'one');
    map.put(OBJECT, 'two');
    map.put(entry(at(2)), 'two');
    expect(await perform('delete', {})).toBe('popped');
    expect(asked.filter((each) => /^(remove|copy)/.test(each))).toEqual([
      `remove archive/001o/${at(2)}`,
      `copy archive/001o/${OLD} c/o {"restored":["${OLD}"]}`,
      `remove archive/001o/${OLD}`,
    ]);
  });

  it('takes back a marker whose delete has not happened before it restores', async () => {
    const { map, asked, perform } = world();
    map.put(entry(OLD), 'one');
    map.put(OBJECT, 'two');
    await map.putMarker(entry(at(3)));
    expect(await perform('delete', {})).toBe('popped');
    expect(asked.filter((each) => /^(retractMarker|remove|copy)/.test(each))).toEqual([
      `retractMarker archive/001o/${at(3)}`,
      `copy archive/001o/${OLD} c/o {"restored":["${OLD}"]}`,
      `remove archive/001o/${OLD}`,
    ]);
  });

  it('looks at the second entry only if nothing is current, and the first is a marker', async () => {
    const second = `stat archive/001o/${OLDER}`;
    const { map, asked, perform } = world();
    map.put(entry(OLDER), undefined);
    map.put(entry(OLD), undefined);
    map.put(OBJECT, 'two', undefined, { restored: [OLDER] });
    expect(await perform('delete', {})).toBe('forwarded');
    expect(asked).not.toContain(second);
  });

  it('is let through if it is all gone that could be restored', async () => {
    const { map, forwarded, perform } = world();
    map.put(entry(OLD), 'one');
    map.put(entry(OLDER), 'older');
    map.put(OBJECT, 'two');
    for (const each of [OLD, OLDER]) map.vanishing.add(entry(each).object);
    expect(await perform('delete', {})).toBe('forwarded');
    expect(forwarded).toEqual([{}]);
    expect(map.body(OBJECT)).toBeUndefined();
  });

  it('of a missing object is forwarded if its only version is gone', async () => {
    const { map, forwarded, perform } = world();
    map.put(entry(OLD), 'one');
    map.vanishing.add(entry(OLD).object);
    expect(await perform('delete', {})).toBe('forwarded');
    expect(forwarded).toEqual([{}]);
  });

  it.each<[Verdict, string, readonly string[]]>([
    ['stop', 'stopped', []],
    ['pass', 'forwarded', ['forward']],
  ])('restores nothing if the guard says: %s', async (verdict, result, done) => {
    const { map, asked, guarded, perform } = world();
    map.put(entry(OLD), 'one');
    map.put(OBJECT, 'two');
    expect(await perform('delete', { verdict })).toBe(result);
    expect(asked.slice(2)).toEqual(done);
    expect(guarded).toEqual([expect.objectContaining({ etag: 'two' })]);
  });

  it.each([
    ['may not be removed', 'checkRemoval', refused],
    ['cannot be copied', 'copy', refused],
    ['is there or not', 'copy', unavailable],
  ])('does not happen if what it restores %s', async (_, method, error) => {
    const { map, fails, perform } = world();
    map.put(entry(OLD), 'one');
    map.put(OBJECT, 'two');
    fails.set(method, error);
    await expect(perform('delete', {})).rejects.toBe(error);
    expect(map.body(OBJECT)).toBe('two');
  });

  it('is half done if the entry that it restored may not be removed: this is no refusal', async () => {
    const { map, asked, fails, perform } = world();
    map.put(entry(OLD), 'one');
    map.put(OBJECT, 'two');
    fails.set('remove', refused);
    await expect(perform('delete', {})).rejects.toMatchObject({
      code: 'unavailable',
      status: 403,
      message: 'the version was restored, but is still in the archive: not allowed',
      cause: refused,
    });
    expect(map.body(OBJECT)).toBe('one');
    expect(asked.at(-1)).toBe(`remove archive/001o/${OLD}`);
  });

  it.each([unavailable, new TypeError('a bug')])(
    'fails as the store does in that place: %s',
    async (error) => {
      const { map, fails, perform } = world();
      map.put(entry(OLD), 'one');
      map.put(OBJECT, 'two');
      fails.set('remove', error);
      await expect(perform('delete', {})).rejects.toBe(error);
    },
  );
});
