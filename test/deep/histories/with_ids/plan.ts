import fc from 'fast-check';
import type { Content, Spelling, Way } from '../history';
import { LARGE } from '../plan';

/**
 * A request that a client is to make. Its version is chosen only then, by its index
 * counted from the newest, if it exists.
 */
export type PlannedCall =
  | { do: 'put'; object: string; content: Content; way: Way; size: number }
  | { do: 'copy'; from: string; newest: number | undefined; to: string; spelled: Spelling }
  | { do: 'delete' | 'post' | 'get' | 'head' | 'list'; object: string }
  | { do: 'read' | 'restore' | 'drop'; object: string; newest: number }
  | { do: 'set'; enabled: boolean }
  | { do: 'show' };

interface PlannedStep {
  readonly call: PlannedCall;
  /** The milliseconds that the client waits before it. */
  readonly pause: number;
  /** A number that selects a proxy. */
  readonly through: number;
}

/**
 * What several clients will do to a container with ids, each one step after the other.
 */
export interface Plan {
  readonly seed: number;
  readonly initially: boolean;
  readonly objects: readonly string[];
  /** The steps that the first client takes alone beforehand. */
  readonly first: readonly PlannedStep[];
  readonly clients: readonly (readonly PlannedStep[])[];
}

/** The second name begins with the first one and a slash. */
const OBJECTS = ['o', 'o/o'];

function calls(objects: readonly string[], isSwitched: boolean): fc.Arbitrary<PlannedCall> {
  const object = fc.constantFrom(...objects);
  const newest = fc.nat(3);
  const put = (way: Way, size: fc.Arbitrary<number>) =>
    fc.record({
      do: fc.constant('put' as const),
      object,
      content: fc.constant(''),
      way: fc.constant(way),
      size,
    });
  const copy = fc.record({
    do: fc.constant('copy' as const),
    from: object,
    newest: fc.option(newest, { nil: undefined }),
    to: object,
    spelled: fc.constantFrom<Spelling>('COPY', 'PUT'),
  });
  const plain = (...what: ('delete' | 'post' | 'get' | 'head' | 'list')[]) =>
    fc.record({ do: fc.constantFrom(...what), object });
  const ofVersion = (what: 'read' | 'restore' | 'drop') =>
    fc.record({ do: fc.constant(what), object, newest });
  const weighted: fc.WeightedArbitrary<PlannedCall>[] = [
    { weight: 8, arbitrary: put('whole', fc.constant(0)) },
    { weight: 1, arbitrary: put('in pieces', fc.integer(LARGE)) },
    { weight: 1, arbitrary: put('unless there', fc.constant(0)) },
    { weight: 1, arbitrary: put('wrong ETag', fc.oneof(fc.constant(0), fc.integer(LARGE))) },
    { weight: 1, arbitrary: put('leaving', fc.integer(LARGE)) },
    { weight: 3, arbitrary: copy },
    { weight: 4, arbitrary: plain('delete') },
    { weight: 1, arbitrary: plain('post') },
    { weight: 4, arbitrary: plain('get', 'head') },
    { weight: 2, arbitrary: plain('list') },
    { weight: 2, arbitrary: ofVersion('read') },
    { weight: 2, arbitrary: ofVersion('restore') },
    { weight: 3, arbitrary: ofVersion('drop') },
  ];
  if (isSwitched) {
    const set = fc.record({ do: fc.constant('set' as const), enabled: fc.boolean() });
    weighted.push(
      { weight: 3, arbitrary: set },
      { weight: 1, arbitrary: fc.constant({ do: 'show' as const }) },
    );
  }
  return fc.oneof(...weighted);
}

const pause = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat(10) },
);

const plans = fc
  .record({
    initially: fc.constantFrom(true, true, true, false),
    isSwitched: fc.boolean(),
    names: fc.integer({ min: 1, max: 2 }),
  })
  .chain(({ initially, isSwitched, names }) => {
    const objects = OBJECTS.slice(0, names);
    const step = fc.record({
      call: calls(objects, isSwitched || !initially),
      pause,
      through: fc.nat(9),
    });
    const steps = fc.array(step, { minLength: 8, maxLength: 20, size: 'max' });
    const clients = fc
      .tuple(fc.integer({ min: 3, max: 6 }), steps)
      .map(([count, all]) =>
        Array.from({ length: count }, (_, client) =>
          all.filter((_step, i) => i % count === client),
        ),
      );
    const put = fc.record({
      do: fc.constant('put' as const),
      object: fc.constantFrom(...objects),
      content: fc.constant(''),
      way: fc.constant<Way>('whole'),
      size: fc.constant(0),
    });
    const before = fc.record({ call: put, pause: fc.constant(0), through: fc.nat(9) });
    const first = fc.array(before, { maxLength: 4, size: 'max' });
    return fc.record({
      initially: fc.constant(initially),
      objects: fc.constant(objects),
      first,
      clients,
    });
  });

/** Returns a seed's plan, always the same; no two PUTs of any plans share a content. */
export function planOf(seed: number): Plan {
  const [plan] = fc.sample(plans, { seed, numRuns: 1 });
  if (!plan) throw new Error('no plan');
  let contents = 0;
  const withContent = (call: PlannedCall): PlannedCall =>
    call.do === 'put' ? { ...call, content: `${seed}.${++contents}` } : call;
  const complete = (steps: readonly PlannedStep[]) =>
    steps.map((step) => ({ ...step, call: withContent(step.call) }));
  return { ...plan, seed, first: complete(plan.first), clients: plan.clients.map(complete) };
}
