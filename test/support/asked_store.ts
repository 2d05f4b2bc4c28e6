import type { ObjectRef, Store } from '../../src/versioning/store/store';
import type { MapStore } from './map_store';

const METHODS = [
  'stat',
  'copy',
  'contentType',
  'putMarker',
  'finishMarker',
  'retractMarker',
  'putVersionMarker',
  'putNote',
  'putLink',
  'keepForever',
  'checkRemoval',
  'remove',
  'listBackwards',
  'firstName',
  'firstEntries',
] as const satisfies readonly (keyof Store)[];

export interface AskedStore {
  readonly store: Store;
  /** What it was asked, in order: `METHOD CONTAINER/OBJECT`, and other arguments as JSON. */
  readonly asked: string[];
  /** What it rejects with instead of doing what it is asked, by the beginning of such a text. */
  readonly fails: Map<string, Error>;
  /** Called before it does anything, with such a text. */
  before: (asked: string) => void;
  /** What it answers otherwise than the store in memory does. */
  answer: (asked: string, answer: unknown) => unknown;
}

/** A store that notes what it is asked, and fails if a test says so. */
export function asking(map: MapStore): AskedStore {
  const told: AskedStore = {
    store: proxied(),
    asked: [],
    fails: new Map(),
    before: () => undefined,
    answer: (_, answer) => answer,
  };
  return told;

  function proxied(): Store {
    return new Proxy(map, {
      get: (of, name) => {
        const value = Reflect.get(of, name) as unknown;
        if (!METHODS.some((each) => each === name))
          return typeof value === 'function' ? (value.bind(of) as unknown) : value;
        return (...args: unknown[]) => {
          const text = [String(name), ...args.filter((each) => each !== undefined).map(shown)].join(
            ' ',
          );
          told.asked.push(text);
          told.before(text);
          const error = [...told.fails].find(([start]) => text.startsWith(start))?.[1];
          if (error !== undefined)
            return name === 'listBackwards' ? failing(error) : Promise.reject(error);
          const answer = (value as (...given: unknown[]) => unknown).apply(of, args);
          return answer instanceof Promise
            ? answer.then((each) => told.answer(text, each))
            : answer;
        };
      },
    });
  }
}

function shown(argument: unknown): string {
  if (typeof argument === 'string') return argument;
  const ref = argument as Partial<ObjectRef> | null;
  return ref?.object === undefined ? JSON.stringify(argument) : `${ref.container}/${ref.object}`;
}

async function* failing(error: Error): AsyncGenerator<never> {
  yield await Promise.reject(error);
}
