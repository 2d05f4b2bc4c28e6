import type { Client } from '../clients/client';
import { MODE_HEADER, mustBe } from '../clients/containers';
import { contentOf, type Ledger } from './ledger';

/** Makes the containers for the work of a ledger. */
export async function prepare(client: Client): Promise<void> {
  await mustBe(201, client.ask('PUT', '/archive'));
  await mustBe(201, client.ask('PUT', '/plain'));
  await mustBe(201, client.ask('PUT', '/kept', { [MODE_HEADER.history]: 'archive' }));
}

/**
 * Throws unless each unversioned object is in a state that its ledger allows (which is
 * then recorded as its only state), and the versioned ones have every acknowledged
 * content and none that was not sent.
 */
export async function verify(client: Client, ledger: Ledger): Promise<void> {
  for (const [name, states] of ledger.plain) {
    const state = await bodyOf(client, `/plain/${name}`);
    if (!states.has(state))
      throw new Error(`${name} is ${state}, and should be ${[...states].join(' or ')}`);
    ledger.plain.set(name, new Set([state]));
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

/**
 * The title of an object's content; '' for none, and for a delete marker. Throws if the
 * content is not whole.
 */
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
