import fc from 'fast-check';
import type { Content, Setting, Spelling, Way } from './history';

/** A request that a client is to make; the version it restores is chosen only then. */
export type PlannedCall =
  | { do: 'put'; object: string; content: Content; way: Way; size: number }
  | { do: 'copy'; from: string; to: string; spelled: Spelling }
  /** Restores an object's entry of index `newest`, counted from the newest, if any. */
  | { do: 'restore'; of: string; newest: number; object: string; spelled: Spelling }
  | { do: 'delete' | 'post'; object: string }
  | { do: 'get' | 'head'; object: string }
  | { do: 'set'; setting: Setting }
  | { do: 'show' };

interface PlannedStep {
  readonly call: PlannedCall;
  /** The milliseconds that the client waits before it. */
  readonly pause: number;
  /** A number that selects a proxy. */
  readonly through: number;
}

/** What several clients will do to one container, each one step after the other. */
export interface Plan {
  readonly seed: number;
  readonly initially: Setting;
  readonly objects: readonly string[];
  /** The steps that the first client takes alone beforehand. */
  readonly first: readonly PlannedStep[];
  readonly clients: readonly (readonly PlannedStep[])[];
}

/** The second name begins with the first one and a slash. */
const OBJECTS = ['o', 'o/o'];
/** More than is received before an object is locked. */
export const LARGE = { min: 66_000, max: 200_000 };

const settings = {
  fixed: [],
  modes: ['stack', 'history'],
  all: ['stack', 'history', 'off', 'off'],
} as const satisfies Record<string, readonly Setting[]>;

type Contentless =
  Exclude<PlannedCall, { do: 'put' }> | Omit<Extract<PlannedCall, { do: 'put' }>, 'content'>;

function calls(objects: readonly string[], changes: readonly Setting[]): fc.Arbitrary<Contentless> {
  const object = fc.constantFrom(...objects);
  const spelled = fc.constantFrom<Spelling>('COPY', 'PUT');
  const put = (way: Way, size: fc.Arbitrary<number>) =>
    fc.record({ do: fc.constant('put' as const), object, way: fc.constant(way), size });
  const weighted: fc.WeightedArbitrary<Contentless>[] = [
    { weight: 8, arbitrary: put('whole', fc.constant(0)) },
    { weight: 1, arbitrary: put('in pieces', fc.integer(LARGE)) },
    { weight: 1, arbitrary: put('unless there', fc.constant(0)) },
    { weight: 1, arbitrary: put('wrong ETag', fc.oneof(fc.constant(0), fc.integer(LARGE))) },
    { weight: 1, arbitrary: put('leaving', fc.integer(LARGE)) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('copy' as const), from: object, to: object, spelled }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('restore' as const),
        of: object,
        newest: fc.nat(2),
        object,
        spelled,
      }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('delete' as const), object }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('post' as const), object }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constantFrom('get' as const, 'head' as const), object }),
    },
  ];
  if (changes.length > 0) {
    const setting = fc.constantFrom(...changes);
    weighted.push({
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('set' as const), setting }),
    });
    weighted.push({ weight: 1, arbitrary: fc.constant({ do: 'show' as const }) });
  }
  return fc.oneof(...weighted);
}

const pause = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat(5) },
  { weight: 1, arbitrary: fc.nat(25) },
);

const plans = fc
  .record({
    initially: fc.constantFrom<Setting>('stack', 'stack', 'history', 'history', 'off'),
    changes: fc.constantFrom(settings.fixed, settings.modes, settings.all),
    objects: fc.integer({ min: 1, max: OBJECTS.length }),
  })
  .chain(({ initially, changes, objects }) => {
    const names = OBJECTS.slice(0, objects);
    const step = fc.record({ call: calls(names, changes), pause, through: fc.nat(9) });
    const clients = fc
      .tuple(
        fc.integer({ min: 3, max: 6 }),
        fc.array(step, { minLength: 8, maxLength: 20, size: 'max' }),
      )
      .map(([count, steps]) => dealt(steps, count));
    const put = fc.record({
      do: fc.constant('put' as const),
      object: fc.constantFrom(...names),
      way: fc.constant<Way>('whole'),
      size: fc.constant(0),
    });
    const first = fc.array(fc.record({ call: put, pause: fc.constant(0), through: fc.nat(9) }), {
      maxLength: 5,
      size: 'max',
    });
    return fc.record({
      initially: fc.constant(initially),
      objects: fc.constant(names),
      first,
      clients,
    });
  });

/** Distributes steps over `count` clients. */
function dealt<T>(steps: readonly T[], count: number): T[][] {
  return Array.from({ length: count }, (_, client) =>
    steps.filter((_step, i) => i % count === client),
  );
}

/** Returns a seed's plan, always the same; no two PUTs of any plans share a content. */
export function planOf(seed: number): Plan {
  const [plan] = fc.sample(plans, { seed, numRuns: 1 });
  if (!plan) throw new Error('no plan');
  let contents = 0;
  const withContent = (call: Contentless): PlannedCall =>
    call.do === 'put' ? { ...call, content: `${seed}.${++contents}` } : call;
  const complete = (steps: readonly { call: Contentless; pause: number; through: number }[]) =>
    steps.map((step): PlannedStep => ({ ...step, call: withContent(step.call) }));
  return { ...plan, seed, first: complete(plan.first), clients: plan.clients.map(complete) };
}

/** Returns the body of a content, at least `size` bytes: its name, repeated. */
export function bodyOf(content: Content, size: number): Buffer {
  const line = `${content}\n`;
  return Buffer.alloc(Math.max(size, line.length), line);
}

/** Removes the requests that fail but make Swift's own versions archive something. */
export function succeeding(plan: Plan): Plan {
  const fails = ({ call }: PlannedStep) =>
    call.do === 'put' && ['wrong ETag', 'leaving', 'unless there'].includes(call.way);
  return { ...plan, clients: plan.clients.map((steps) => steps.filter((step) => !fails(step))) };
}

/** Returns the same requests by one client. */
export function alone(plan: Plan): Plan {
  return { ...plan, clients: [plan.clients.flat()] };
}
