import {
  planHistoryDelete,
  planStackDelete,
  planUnfinished,
  planWrite,
  type Step,
} from '../../../../src/versioning/archive/plan';
import type { ListingEntry } from '../../../../src/versioning/store/store';

const current = '001o/0000000005.00000';
const version = (second: number): ListingEntry => ({
  name: `001o/000000000${second}.00000`,
  isMarker: false,
  isUnfinished: false,
});
const marker = (second: number): ListingEntry => ({ ...version(second), isMarker: true });

describe('a write', () => {
  it.each([
    ['creates', undefined, ['forward']],
    ['archives what it overwrites', current, ['archive 001o/0000000005.00000', 'forward']],
  ])('%s', (_, there, steps) => {
    expect(planWrite(there).map(show)).toEqual(steps);
  });
});

describe('a DELETE in history mode', () => {
  it('archives, marks and deletes', () => {
    expect(planHistoryDelete(current, '001o/0000000009.00000').map(show)).toEqual([
      'archive 001o/0000000005.00000',
      'mark 001o/0000000009.00000',
      'forward',
      'finish 001o/0000000009.00000',
    ]);
  });

  it('marks a missing object, too', () => {
    expect(planHistoryDelete(undefined, '001o/0000000009.00000').map(show)).toEqual([
      'mark 001o/0000000009.00000',
      'forward',
      'finish 001o/0000000009.00000',
    ]);
  });
});

describe('a marker of a delete that was interrupted', () => {
  it.each([
    ['taken back if there is an object', true, ['retract 001o/0000000009.00000']],
    ['finished if there is none', false, ['finish 001o/0000000009.00000']],
  ])('is %s', (_, exists, steps) => {
    expect(planUnfinished(exists, ['001o/0000000009.00000']).map(show)).toEqual(steps);
  });
});

describe('a DELETE in stack mode', () => {
  const pop = (second: number) => [
    'checkRemoval',
    `restore 001o/000000000${second}.00000`,
    `remove 001o/000000000${second}.00000`,
    'answer',
  ];
  const unmark = (second: number) => [`remove 001o/000000000${second}.00000`, 'answer'];

  it.each([
    ['goes through with an empty archive', current, [], ['forward']],
    ['restores the newest version', current, [version(4), version(3)], pop(4)],
    ['restores it also where nothing is current', undefined, [version(4)], pop(4)],
    ['goes through if the newest entry is a marker', current, [marker(4), version(3)], ['forward']],
    ['undoes a marker', undefined, [marker(4), version(3)], [...pop(3).slice(0, 3), ...unmark(4)]],
    ['takes back one of two markers', undefined, [marker(4), marker(3)], unmark(4)],
    ['takes back a marker under which nothing is', undefined, [marker(4)], unmark(4)],
  ])('%s', (_, there, entries, steps) => {
    expect(planStackDelete(there !== undefined, entries).map(show)).toEqual(steps);
  });
});

function show(step: Step): string {
  if (step.do === 'restore') return `restore ${step.entries[0]}`;
  return 'entry' in step ? `${step.do} ${step.entry}` : step.do;
}
