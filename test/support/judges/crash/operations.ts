import { MODES } from '../../clients/containers';
import {
  copy,
  copyFrom,
  copyNull,
  post,
  postToVersion,
  put,
  putLarge,
  putLink,
  putNull,
  remove,
  removeAll,
  removeAndSucceed,
  removeNull,
  putParts,
  removeContainer,
  removeLarge,
  removeVersion,
  restore,
  restoreVersion,
  setUp,
  switchTo,
  type Step,
} from './steps';
import { hasIds, World, type Setting } from './world';

/**
 * An operation to kill: a request to a container with a setting, after some preparation.
 */
export interface Operation {
  readonly title: string;
  readonly mode: Setting | undefined;
  /** Prepares each of the objects. */
  readonly before: readonly Step[];
  readonly step: Step;
  readonly objects: readonly [string, ...string[]];
  /** Titles of next steps to leave out. */
  readonly butNot: readonly string[];
  /**
   * Whether a filter for another API sends it; such a filter may also send next steps.
   */
  readonly isOfDialects: boolean;
  /** The possible next steps, if they differ from the usual ones. */
  readonly nexts?: readonly Next[];
}

/** What is done after the kill. */
export interface Next {
  readonly title: string;
  /** Done to the first of the objects only, since it covers them all. */
  readonly isOnce?: boolean;
  /** Concerns versions by their ids. */
  readonly isOfIds?: boolean;
  /** Steps to do to each of the objects. */
  steps(killed: Operation): readonly Step[];
  /**
   * The final step; a process of the killed version does it, if another version came
   * next.
   */
  readonly lastly?: Step;
}

type Row = [title: string, before: readonly Step[], step: Step, more?: Partial<Operation>];

const OBJECT = 'object';
const TWO = [OBJECT, 'other'] as const;
const [one, two, three] = [put('one'), put('two'), put('three')];
const inHistoryMode = (...steps: Step[]) => [switchTo('history'), ...steps];
const withoutVersions = (...steps: Step[]) => [switchTo(undefined), ...steps];

const IN_BOTH_MODES: readonly Row[] = [
  ['PUT of a new object', [], put('x')],
  ['PUT over an object', [one], put('x')],
  ['PUT over an object with a version', [one, two], put('x')],
  ['PUT where the object was deleted', inHistoryMode(one, two, remove), put('x')],
  ['COPY over an object', [one, two], copy],
  ['PUT with X-Copy-From over an object', [one, two], copyFrom],
  ['COPY from the archive over the object', [one, two, three], restore],
  ['POST', [one, two], post],
  ['PUT over a large object', [one, putLarge('a')], put('x')],
  ['PUT of a large object over an object', [one, two, putLarge('a')], putLarge('b')],
  ['DELETE ?multipart-manifest=delete', [putLarge('a'), putLarge('b')], removeLarge],
  ['PUT over a symlink', [one, putLink], put('x'), { butNot: ['POST, DELETE'] }],
  ['PUT of a symlink over an object', [one, two], putLink, { butNot: ['POST, DELETE'] }],
  ['bulk delete of two objects', [one, two], removeAll(TWO), { objects: TWO }],
  ['versions switched off', [one, two], switchTo(undefined)],
];

const IN_STACK_MODE: readonly Row[] = [
  ['DELETE of an object without versions', [one], remove],
  ['DELETE of an object with a version', [one, two], remove],
  ['DELETE of an object with two versions', [one, two, three], remove],
  [
    'DELETE of an object that is gone but for a version',
    [one, two, ...withoutVersions(remove)],
    remove,
  ],
  ['DELETE where the newest version is a delete marker', inHistoryMode(one, two, remove), remove],
  ['DELETE where only delete markers are left', inHistoryMode(remove, remove), remove],
  [
    'DELETE of an object that was written after a delete marker',
    inHistoryMode(one, remove, two),
    remove,
  ],
  ['switch to history mode', [one, two], switchTo('history')],
];

const IN_HISTORY_MODE: readonly Row[] = [
  ['DELETE of an object without versions', [one], remove],
  ['DELETE of an object with a version', [one, two], remove],
  ['DELETE of a missing object', [], remove],
  ['DELETE of an object that is deleted already', [one, remove], remove],
  ['switch to stack mode', [one, two], switchTo('stack')],
];

const whileOff = (...steps: Step[]) => [switchTo('ids off'), ...steps, switchTo('ids')];
const current = removeVersion('current');
const newest = removeVersion('newest');

const WITH_IDS: readonly Row[] = [
  ['PUT of a new object', [], put('x')],
  ['PUT over a version', [one, two], put('x')],
  ['PUT over an object without an id', whileOff(one), put('x')],
  ['PUT over an object that was written while switched off', [one, ...whileOff(two)], put('x')],
  ['PUT where the object was deleted', [one, remove], put('x')],
  ['PUT over a version that was restored', [one, two, restoreVersion('oldest')], put('x')],
  ['COPY over a version', [one, two], copy],
  ['COPY over an object without an id', whileOff(one), copy],
  ['PUT with X-Copy-From over a version', [one, two], copyFrom],
  ['PUT over a large object', [one, putLarge('a')], put('x')],
  ['PUT of a large object over a version', [one, putLarge('a')], putLarge('b')],
  ['PUT of a dynamic large object over a version', [one], putParts],
  ['DELETE ?multipart-manifest=delete', [putLarge('a'), putLarge('b')], removeLarge],
  ['PUT over a symlink', [one, putLink], put('x'), { butNot: ['POST, DELETE'] }],
  ['PUT of a symlink over a version', [one], putLink, { butNot: ['POST, DELETE'] }],
  ['bulk delete of two objects', [one, two], removeAll(TWO), { objects: TWO }],
  ['DELETE of a version', [one, two], remove],
  ['DELETE of an object without an id', whileOff(one), remove],
  ['DELETE of an object that was written while switched off', [one, ...whileOff(two)], remove],
  ['DELETE of a missing object', [], remove],
  ['DELETE of an object that is deleted already', [one, remove], remove],
  ['POST', [one, two], post],
  ['POST to an object without an id', [one, ...whileOff(two)], post],
  ['PUT ?version-id= of an older version', [one, two], restoreVersion('oldest')],
  [
    'PUT ?version-id= over an object without an id',
    [one, ...whileOff(two)],
    restoreVersion('oldest'),
  ],
  ['PUT ?version-id= of a deleted object', [one, remove], restoreVersion('oldest')],
  ['DELETE ?version-id= of the current version', [one, two], current],
  ['DELETE ?version-id= of the only version', [one], current],
  ['DELETE ?version-id= of an older version', [one, two], removeVersion('oldest')],
  ['DELETE ?version-id= of a delete marker', [one, remove], newest],
  ['DELETE ?version-id=null', [one, ...whileOff(two)], removeVersion('null')],
  ['DELETE ?version-id=null of a version', [one, two], removeVersion('null')],
  ['versions switched off', [one, two], switchTo('ids off')],
];

const WITH_IDS_OFF: readonly Row[] = [
  ['PUT over a version', [switchTo('ids'), one, two], put('x')],
  ['DELETE of a version', [switchTo('ids'), one, two], remove],
  ['POST', [switchTo('ids'), one, two], post],
  ['versions switched on again', [switchTo('ids'), one, switchTo('ids off'), two], switchTo('ids')],
];

/** A null version with a version over it. */
const overNull = [...whileOff(putNull('one')), two];
const nextNull = removeAndSucceed('null');

/** Operations of filters for other APIs. */
const OF_DIALECTS: readonly Row[] = [
  [
    'DELETE ?version-id= of the current version for a dialect',
    [one, two, three],
    removeAndSucceed('current'),
  ],
  ['DELETE ?version-id= of the only version for a dialect', [one], removeAndSucceed('current')],
  ['DELETE ?version-id= over a null version for a dialect', overNull, removeAndSucceed('current')],
  [
    'DELETE ?version-id= of a delete marker for a dialect',
    [one, two, remove],
    removeAndSucceed('newest'),
  ],
  ['DELETE ?version-id=null of a version for a dialect', overNull, nextNull],
  ['DELETE ?version-id=null of the object for a dialect', [one, ...whileOff(put('two'))], nextNull],
  ['POST ?version-id= of the current version for a dialect', [one, two], postToVersion('current')],
  ['POST ?version-id= of an older version for a dialect', [one, two], postToVersion('oldest')],
  ['POST ?version-id=null for a dialect', overNull, postToVersion('null')],
];

const whileOn = (...steps: Step[]) => [switchTo('ids'), ...steps, switchTo('ids off')];
const nullBelow = [putNull('one'), ...whileOn(two)];

const OF_DIALECTS_OFF: readonly Row[] = [
  ['PUT over an object without an id for a dialect', [...whileOn(), putNull('one')], putNull('x')],
  ['PUT over a version for a dialect', whileOn(one), putNull('x')],
  ['PUT over a version over a null version for a dialect', nullBelow, putNull('x')],
  ['PUT with X-Copy-From over a version over a null version for a dialect', nullBelow, copyNull],
  [
    'PUT over a null marker for a dialect',
    [...whileOn(), putNull('one'), removeNull],
    putNull('x'),
  ],
  ['DELETE of an object without an id for a dialect', [...whileOn(), putNull('one')], removeNull],
  ['DELETE of a version over a null version for a dialect', nullBelow, removeNull],
  ['DELETE over a null marker for a dialect', [...whileOn(one), removeNull], removeNull],
  [
    'DELETE ?version-id=null of a marker for a dialect',
    [...whileOn(one, two), removeNull],
    nextNull,
  ],
];

/** Next steps after a request that creates or removes the container itself. */
const AFTER_CONTAINERS: readonly Next[] = [
  { title: 'PUT of the container, PUT', steps: () => [setUp, put('y')] },
  { title: 'PUT of the container, PUT, DELETE', steps: () => [setUp, put('y'), remove] },
  { title: 'PUT', steps: () => [put('y')] },
  { title: 'DELETE of the container', steps: () => [removeContainer] },
];

function operations(mode: Setting | undefined, rows: readonly Row[]): Operation[] {
  return rows.map(([title, before, step, more]) => ({
    title: `${title} (${mode ?? 'no versions'})`,
    mode,
    before: endingIn(mode, before),
    step,
    objects: [OBJECT],
    butNot: [],
    isOfDialects: rows === OF_DIALECTS || rows === OF_DIALECTS_OFF,
    ...more,
  }));
}

/** Steps that leave the container in the mode that they begin in. */
function endingIn(mode: Setting | undefined, steps: readonly Step[]): readonly Step[] {
  const world = new World(mode);
  for (const step of steps) step.foresee(world, OBJECT);
  return world.mode === mode ? steps : [...steps, switchTo(mode)];
}

const ALL: readonly Operation[] = [
  ...MODES.flatMap((mode) => operations(mode, IN_BOTH_MODES)),
  ...operations('stack', IN_STACK_MODE),
  ...operations('history', IN_HISTORY_MODE),
  ...operations(undefined, [
    ['versions switched on', [one, two], switchTo('stack')],
    [
      'versions with ids switched on',
      [one, two],
      switchTo('ids'),
      { butNot: ['DELETE in the other mode'] },
    ],
  ]),
  ...operations('ids', WITH_IDS),
  ...operations('ids off', WITH_IDS_OFF),
  ...operations('ids', OF_DIALECTS),
  ...operations('ids off', OF_DIALECTS_OFF),
  ...operations('ids', [
    ['DELETE of the container', [one, current], removeContainer, { nexts: AFTER_CONTAINERS }],
    ['PUT of a container', [removeContainer], setUp, { nexts: AFTER_CONTAINERS }],
  ]),
];

const { CRASH_MATRIX_ONLY: only = '', CRASH_MATRIX_PART: part = '1/1' } = process.env;
const [index = 1, count = 1] = part.split('/').map(Number);

/**
 * All operations, or those with CRASH_MATRIX_ONLY in their titles; of these one part of
 * n, by CRASH_MATRIX_PART=i/n.
 */
export const OPERATIONS = ALL.filter(({ title }) => title.includes(only)).filter(
  (_, i) => i % count === index - 1,
);

function other(mode: Setting | undefined): Setting {
  if (hasIds(mode)) return mode === 'ids' ? 'ids off' : 'ids';
  return mode === 'stack' ? 'history' : 'stack';
}

const NEXT_IN_DIALECT: readonly Next[] = [
  {
    title: 'DELETE of the null version for a dialect, twice',
    isOfIds: true,
    steps: () => [nextNull, nextNull],
  },
  {
    title: 'PUT for a dialect while switched off, PUT',
    isOfIds: true,
    steps: () => [switchTo('ids off'), putNull('y'), switchTo('ids'), put('z')],
  },
  {
    title: 'DELETE for a dialect while switched off',
    isOfIds: true,
    steps: () => [switchTo('ids off'), removeNull],
  },
  {
    title: 'DELETE of the current version for a dialect, twice',
    isOfIds: true,
    steps: () => [removeAndSucceed('current'), removeAndSucceed('current')],
  },
];

const NEXT: readonly Next[] = [
  { title: 'DELETE', steps: () => [remove] },
  { title: 'PUT', steps: () => [put('y')] },
  { title: 'DELETE in the other mode', steps: ({ mode }) => [switchTo(other(mode)), remove] },
  { title: 'again', isOnce: true, steps: ({ step }) => [step] },
  { title: 'POST, DELETE', steps: () => [post, remove] },
  { title: 'PUT, DELETE, DELETE', steps: () => [put('y'), remove, remove] },
  { title: 'COPY', steps: () => [copy] },
  { title: 'DELETE of the newest version', isOfIds: true, steps: () => [newest] },
  { title: 'DELETE of the current version, DELETE', isOfIds: true, steps: () => [current, remove] },
  {
    title: 'PUT of the oldest version, PUT',
    isOfIds: true,
    steps: () => [restoreVersion('oldest'), put('y')],
  },
];

/** Adds a final write to a next step. */
export function thenPut(next: Next): Next {
  return {
    ...next,
    title: `${next.title}, and a PUT by another as was killed`,
    lastly: put('last'),
  };
}

/** The possible next steps after an operation. */
export function nextsAfter({ mode, butNot, isOfDialects, nexts = NEXT }: Operation): Next[] {
  const all = isOfDialects ? [...NEXT_IN_DIALECT, ...nexts] : nexts;
  return all.filter(({ title, isOfIds }) => !butNot.includes(title) && (!isOfIds || hasIds(mode)));
}
