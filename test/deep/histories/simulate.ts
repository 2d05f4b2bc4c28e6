import type { Mode } from '../../support/clients/containers';
import { archivePrefix } from '../../support/clients/containers';
import type { Call, Content, Found, History, Operation } from './history';
import {
  archived,
  committed,
  emptyState,
  marked,
  objectOf,
  popped,
  withObject,
  type State,
} from './model';

/** A request, and how long before and after taking effect it begins and ends. */
export interface Simulated {
  readonly call: Call;
  readonly before: number;
  readonly after: number;
}

/**
 * Returns a right history: requests take effect in order, at the instants 1, 2, 3, ...
 */
export function simulate(
  mode: Mode,
  objects: readonly string[],
  requests: readonly Simulated[],
): History {
  let state = emptyState(mode, objects);
  const operations = requests.map(({ call, before, after }, turn): Operation => {
    const [next, outcome] = carriedOut(state, call, mode);
    state = next;
    return {
      client: turn,
      through: 0,
      call,
      began: turn + 1 - before,
      ended: turn + 1 + after,
      ...outcome,
    };
  });
  return {
    seed: 0,
    where: 'in a test',
    store: 'embedded',
    initially: mode,
    operations,
    finally: foundIn(state),
  };
}

function carriedOut(
  state: State,
  call: Call,
  mode: Mode,
): [State, Pick<Operation, 'status' | 'content'>] {
  const write = (name: string, content: Content) =>
    withObject(state, name, committed(archived(objectOf(state, name)), content));
  switch (call.do) {
    case 'put':
      return [write(call.object, call.content), { status: 201 }];
    case 'copy': {
      const content = objectOf(state, call.from).current;
      return content === null
        ? [state, { status: 404 }]
        : [write(call.to, content), { status: 201, content }];
    }
    case 'get': {
      const content = objectOf(state, call.object).current;
      return [state, content === null ? { status: 404 } : { status: 200, content }];
    }
    case 'delete': {
      const object = objectOf(state, call.object);
      const gone = mode === 'history' ? marked(archived(object)) : object;
      const restored = mode === 'stack' ? popped(object) : undefined;
      const status = restored || object.current !== null ? 204 : 404;
      return [withObject(state, call.object, restored ?? committed(gone, null)), { status }];
    }
    default:
      throw new Error(`not simulated: ${call.do}`);
  }
}

function foundIn({ setting, objects }: State): History['finally'] {
  const entries = Object.entries(objects).map(([name, { current, archive }]): [string, Found] => [
    name,
    {
      current,
      archive: archive.map((content, i) => ({
        name: `${archivePrefix(name)}${String(i).padStart(10, '0')}.00000`,
        content,
      })),
    },
  ]);
  return { setting, objects: Object.fromEntries(entries), strays: [] };
}
