import type { Client } from './client';
import { MODE_HEADER, mustBe } from './containers';
import { contentOf, type Ledger } from './ledger';

/** Makes the containers that the work of a ledger goes to. */
export async function prepare(client: Client): Promise<void> {
  await mustBe(201, client.ask('PUT', '/archive'));
  await mustBe(201, client.ask('PUT', '/plain'));
  await mustBe(201, client.ask('PUT', '/kept', { [MODE_HEADER.history]: 'archive' }));
}

/**
 * Fails unless each object without versions is what its ledger allows, which it then is known to be,
 * and every acknowledged content of those with versions is there, and none that was not sent.
 */
export async function verify(client: Client, ledger: Ledger): Promise<void> {
  for (const [name, states] of ledger.plain) {
    const found = await bodyOf(client, `/plain/${name}`);
    if (!states.has(found))
      throw new Error(`${name} is ${found}, and should be ${[...states].join(' or ')}`);
    ledger.plain.set(name, new Set([found]));
  }
  const there = new Set<string>();
  for (const [container, isCurrent] of [
    ['kept', true],
    ['archive', false],
  ] as const) {
    for (const name of await listed(client, container)) {
      const path = `/${container}/${name}`;
      const body =
        (isCurrent ? undefined : ledger.archived.get(name)) ?? (await bodyOf(client, path));
      if (!isCurrent) ledger.archived.set(name, body);
      there.add(body);
    }
  }
  expect([...ledger.kept].filter((body) => !there.has(body))).toEqual([]);
  expect([...there].filter((body) => body !== '' && !ledger.sent.has(body))).toEqual([]);
}

/** All names in a container. */
async function listed(client: Client, container: string): Promise<string[]> {
  const all: string[] = [];
  for (
    let page: string[];
    (page = await client.names(container, `marker=${all.at(-1) ?? ''}`)).length > 0;
  )
    all.push(...page);
  return all;
}

/** What an object is, by the name of its content; '' for none, and for a delete marker. Fails for one that is not whole. */
async function bodyOf(client: Client, path: string): Promise<string> {
  const { status, headers, body } = await client.ask('GET', path);
  if (status === 404) return '';
  expect(status).toBe(200);
  if (headers.get('content-type')?.startsWith('application/x-deleted')) return '';
  const title = body.subarray(0, body.indexOf('\n')).toString();
  if (!body.equals(contentOf(title)))
    throw new Error(`${path} is not whole: ${title}, ${body.length} bytes`);
  return title;
}
