import { decideHistoryDelete, decideStackDelete, decideWrite } from '../../src/core/decide';
import type { ListingEntry, ObjectInfo } from '../../src/stores/store';

const current: ObjectInfo = { timestamp: '0000000005.00000' };
const version = (second: number): ListingEntry => ({
  name: `001o/000000000${second}.00000`,
  isMarker: false,
});
const marker = (second: number): ListingEntry => ({ ...version(second), isMarker: true });

describe('a write', () => {
  it.each([
    ['creates', undefined, ['forward']],
    ['archives what it overwrites', current, ['archive 001o/0000000005.00000', 'forward']],
  ])('%s', (_, there, steps) => {
    expect(decideWrite('o', there).map(show)).toEqual(steps);
  });
});

describe('a DELETE in history mode', () => {
  it('archives, marks and deletes', () => {
    expect(decideHistoryDelete('o', current, 9_000).map(show)).toEqual([
      'archive 001o/0000000005.00000',
      'mark 001o/0000000009.00000',
      'forward',
    ]);
  });

  it('marks also what is not there', () => {
    expect(decideHistoryDelete('o', undefined, 9_000).map(show)).toEqual([
      'mark 001o/0000000009.00000',
      'forward',
    ]);
  });

  it('writes its marker after the object, also where the clock is behind', () => {
    expect(decideHistoryDelete('o', current, 3_000).map(show)[1]).toBe('mark 001o/0000000005.00001');
  });
});

describe('a DELETE in stack mode', () => {
  const pop = (second: number) => [
    `restore 001o/000000000${second}.00000`,
    `remove 001o/000000000${second}.00000`,
    'answer',
  ];
  const unmark = (second: number) => [`remove 001o/000000000${second}.00000`, 'answer'];
  const leftover = ['remove 001o/0000000005.00000'];

  it.each([
    ['goes through with an empty archive', current, [], ['forward']],
    ['restores the newest version', current, [version(4), version(3)], pop(4)],
    ['restores it also where nothing is current', undefined, [version(4)], pop(4)],
    ['goes through where the newest entry is a marker', current, [marker(4), version(3)], ['forward']],
    ['undoes a marker', undefined, [marker(4), version(3)], [...pop(3).slice(0, 2), ...unmark(4)]],
    ['takes back one of two markers', undefined, [marker(4), marker(3)], unmark(4)],
    ['takes back a marker under which nothing is', undefined, [marker(4)], unmark(4)],
    ['never restores a leftover', current, [version(5), version(4)], [...leftover, ...pop(4)]],
    ['removes a leftover that is alone', current, [version(5)], [...leftover, 'forward']],
    ['removes a leftover above a marker', current, [version(5), marker(4)], [...leftover, 'forward']],
  ])('%s', (_, there, entries, steps) => {
    expect(decideStackDelete('o', there, entries).map(show)).toEqual(steps);
  });
});

function show(step: { do: string; entry?: string }): string {
  return step.entry === undefined ? step.do : `${step.do} ${step.entry}`;
}
