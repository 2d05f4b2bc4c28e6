import type { History, Operation } from './history';
import { asFound, isReachable, isReached } from './goal';
import { linearize, type Verdict } from './linearize';
import { emptyState, keyOf, type State } from './model';
import { tasksOf, type Knowledge, type Leniency } from './tasks';

/**
 * Searches for an order of the operations that explains a history.
 *
 * @param goal the state it must lead to
 * @throws NoEndOfSearch if the search would take too long
 */
export function search(
  history: History,
  leniency: Leniency,
  goal = asFound(history),
): Verdict<State, Operation> {
  const first = emptyState(history.initially, Object.keys(history.finally.objects));
  const tasks = tasksOf(history, leniency);
  const canPop =
    first.setting === 'stack' ||
    tasks.some(({ operation: { call } }) => call.do === 'set' && call.setting === 'stack');
  const removals = (name: string, isDone: (task: number) => boolean) => {
    const deletions = tasks.filter(
      ({ operation: { call } }, i) => call.do === 'delete' && call.object === name && !isDone(i),
    );
    return canPop ? 2 * deletions.length : 0;
  };
  return linearize<State, Knowledge, Operation>({
    tasks,
    first,
    nothing: {},
    keyOf,
    keyOfKnown: ({ setting, content }) => `${setting ?? ''}:${content ?? ''}`,
    isReached: (state) => isReached(goal, state),
    isReachable: (state, isDone) => isReachable(goal, state, (name) => removals(name, isDone)),
  });
}
