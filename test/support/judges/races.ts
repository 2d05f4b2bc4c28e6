import type { Client } from '../clients/client';
import { archivePrefix, bodies, current, pathOf, type Pair } from '../clients/containers';
import { depth } from '../running/depth';

/** Default number of concurrent writers, and of writes of each. */
export const WRITERS = depth({ gate: 8, deep: 16 });
export const TIMES = depth({ gate: 2, deep: 10 });
/** The object that all of them write. */
export const OBJECT = 'contended';

/** Writes a body. Returns the status. */
export type Write = (body: string) => Promise<number>;

/**
 * Runs concurrent writers that each write several times in a row. Returns the
 * acknowledged bodies.
 */
export async function race(writers: number, times: number, who: string, write: Write) {
  const acknowledged: string[] = [];
  const statuses = new Set<number>();
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let time = 0; time < times; time++) {
        const body = `${who} ${writer}, time ${time}`;
        const status = await write(body);
        statuses.add(status);
        if (status === 201) acknowledged.push(body);
      }
    }),
  );
  return { acknowledged, statuses: [...statuses].sort() };
}

/** The bodies of an object, current and archived, sorted. */
export async function found(
  client: Client,
  { container, archive }: Pair,
  name = OBJECT,
): Promise<string[]> {
  const now = await current(client, container, name);
  const before = await bodies(client, archive, archivePrefix(name));
  return [...(typeof now === 'string' ? [now] : []), ...before].sort();
}

/** Writes to an object of a container. */
export const writeTo =
  (client: Client, container: string, name = OBJECT): Write =>
  async (body) =>
    (await client.ask('PUT', pathOf(container, name), {}, body)).status;
