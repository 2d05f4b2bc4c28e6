/**
 * Runs a task for each item, at most `max` at once, and yields the results in the order
 * in which they complete. Takes an item only if there is room for it, and ends only once
 * all started tasks have ended. After a failure, or if the consumer stops, no further
 * task is started.
 *
 * @throws the first rejection
 */
export async function* mapConcurrently<T, R>(
  items: Iterable<T>,
  max: number,
  run: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const iterator = items[Symbol.iterator]();
  const running = new Set<Promise<() => R>>();
  try {
    for (;;) {
      while (running.size < max) {
        const next = iterator.next();
        if (next.done) break;
        const done: Promise<() => R> = run(next.value).then((result) => () => {
          running.delete(done);
          return result;
        });
        running.add(done);
      }
      if (running.size === 0) return;
      const finish = await Promise.race(running);
      yield finish();
    }
  } finally {
    await Promise.allSettled(running);
  }
}

/** Like `mapConcurrently`, for tasks without a result. */
export async function forEachConcurrently<T>(
  items: Iterable<T>,
  max: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const results = mapConcurrently(items, max, run);
  while (!(await results.next()).done);
}
