/**
 * Does something with each of many, so many at a time at most. What was begun comes to its end also where something fails, and nothing else is begun
 * then.
 *
 * @throws what the first that failed rejected with
 */
export async function someAtATime<T>(
  most: number,
  items: Iterable<T>,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const queue = eachOf(items);
  const worker = async () => {
    for (const item of queue) await act(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: most }, worker));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

/** A generator ends for all who take of it where one of them breaks off. */
function* eachOf<T>(items: Iterable<T>): Generator<T> {
  yield* items;
}
