/**
 * Runs tasks, at most so many at a time, and yields what they come to in the order in which they end. It takes no task before there
 * is room for it, and does not end before all that it began have ended.
 */
export async function* inParallel<T, R>(
  tasks: Iterable<T>,
  most: number,
  run: (task: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const waiting = tasks[Symbol.iterator]();
  const running = new Set<Promise<() => R>>();
  try {
    for (;;) {
      while (running.size < most) {
        const next = waiting.next();
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
