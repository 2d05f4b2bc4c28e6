import type { ObjectRef, Store } from '../../../src/versioning/store/store';
import type { MapStore } from './map_store';

const METHODS = [
  'stat',
  'statWhole',
  'putSnapshot',
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

export interface RecordingStore {
  readonly store: Store;
  /** The calls, in order: `METHOD CONTAINER/OBJECT`, and other arguments as JSON. */
  readonly asked: string[];
  /**
   * Errors to reject calls with instead of making them, by the beginning of the call's
   * text.
   */
  readonly fails: Map<string, Error>;
  /** Called before each call is made, with its text. */
  before: (asked: string) => void;
  /** Replaces the result of a call. */
  answer: (asked: string, answer: unknown) => unknown;
}

/** Creates a store that records its calls, and fails if a test wants it to. */
export function recordingStore(map: MapStore): RecordingStore {
  const recorder: RecordingStore = {
    store: proxied(),
    asked: [],
    fails: new Map(),
    before: () => undefined,
    answer: (_, answer) => answer,
  };
  return recorder;

  function proxied(): Store {
    return new Proxy(map, {
      get: (of, name) => {
        const value = Reflect.get(of, name) as unknown;
        if (!METHODS.some((each) => each === name))
          return typeof value === 'function' ? (value.bind(of) as unknown) : value;
        return (...args: unknown[]) => {
          const text = [
            String(name),
            ...args.filter((each) => each !== undefined).map(describeArgument),
          ].join(' ');
          recorder.asked.push(text);
          recorder.before(text);
          const error = [...recorder.fails].find(([start]) => text.startsWith(start))?.[1];
          if (error !== undefined)
            return name === 'listBackwards' ? failing(error) : Promise.reject(error);
          const answer = (value as (...parameters: unknown[]) => unknown).apply(of, args);
          return answer instanceof Promise
            ? answer.then((each) => recorder.answer(text, each))
            : answer;
        };
      },
    });
  }
}

function describeArgument(argument: unknown): string {
  if (typeof argument === 'string') return argument;
  const ref = argument as Partial<ObjectRef> | null;
  return ref?.object === undefined ? JSON.stringify(argument) : `${ref.container}/${ref.object}`;
}

async function* failing(error: Error): AsyncGenerator<never> {
  yield await Promise.reject(error);
}
