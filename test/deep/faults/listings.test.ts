import { MODE_HEADER, mustBe } from '../../support/clients/containers';
import { suiteUpstream } from '../../support/servers/embedded_upstream';
import type { Fault } from '../../support/stores/faulty_store';
import { suiteBench } from './bench';
import { listedAs, relisted, type Injected } from './injected';
import { tryCell } from './matrix';
import { deleting, look, prepare, putting, type Operation } from './scenes';
import { partOf } from '../../support/running/depth';

/** Applies a fault to each listing of the archive, and to nothing else. */
function lying(name: string, fault: Fault, harmless = false): Injected {
  return {
    name,
    harmless,
    rule: () => (exchange) =>
      exchange.method === 'GET' && /^\/v1\/[^/]+\/[^/]+-a$/.test(exchange.path) ? fault : undefined,
  };
}

const withoutReverse = (exchange: { query: string }) => exchange.query.replace('reverse=on', '');
const ghost = (name: string) => ({ name: name.replace(/\d$/, 'x'), content_type: 'text/plain' });
const newer = (name: string) => ({
  name: name.replace(/\d{10}/, '9999999999'),
  content_type: 'text/plain',
});
const isFirstPage = ({ query }: { query: string }) => !/marker=[^&]/.test(query);

const missingNewest = lying('misses the newest entry', (exchange) =>
  relisted((entries) => (isFirstPage(exchange) ? entries.slice(1) : entries))(exchange),
);

const LIES: readonly Injected[] = [
  missingNewest,
  lying(
    'misses every entry',
    relisted(() => []),
  ),
  lying(
    'shows entries that are gone',
    (exchange) =>
      relisted((entries) => [
        ...(isFirstPage(exchange) && entries[0] ? [newer(entries[0].name)] : []),
        ...entries.flatMap((entry) => [ghost(entry.name), entry]),
      ])(exchange),
    true,
  ),
  lying(
    'comes one entry at a time',
    relisted((entries) => entries.slice(0, 1)),
    true,
  ),
  lying(
    'comes two entries at a time',
    relisted((entries) => entries.slice(0, 2)),
    true,
  ),
  lying(
    'ignores reverse',
    (exchange) => relisted((entries) => entries, withoutReverse(exchange))(exchange),
    true,
  ),
  lying(
    'ignores reverse, and comes one entry at a time',
    (exchange) => relisted((entries) => entries.slice(0, 1), withoutReverse(exchange))(exchange),
    true,
  ),
  lying(
    'ignores reverse, and comes two entries at a time',
    (exchange) => relisted((entries) => entries.slice(0, 2), withoutReverse(exchange))(exchange),
    true,
  ),
  lying('is HTML', listedAs('<html><body>busy</body></html>')),
  lying('is half a JSON', listedAs('[{"name": "006object/17951')),
  lying('is another JSON', listedAs('{"entries": []}')),
  lying('has names that are none', listedAs('[{"name": 5}]')),
  lying('is an empty answer of 200', listedAs('')),
  lying('breaks off', async (exchange) => exchange.cut(await exchange.pass())),
];

const SEVEN = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
const DELETES: readonly Operation[] = [
  deleting(['one', 'two'], 'DELETE with one version'),
  deleting(['one', 'two', 'three'], 'DELETE with two versions'),
  deleting(SEVEN, 'DELETE with more versions than the first page has'),
  deleting(['one', undefined, 'two', 'three'], 'DELETE with a marker among the versions'),
];

describe('in stack mode, a listing that', () => {
  const { bench } = suiteBench(suiteUpstream());

  describe.each(partOf(LIES, { oneOf: 5 }))('$name', (fault) => {
    it.each(DELETES)('$name', async (operation) => {
      const cell = { mode: 'stack', operation, fault, at: 0, request: 'GET' } as const;
      const wrong: string[] = [];
      for (const next of [operation, putting('next', [], 'a PUT')])
        wrong.push(...(await tryCell(bench(), { ...cell, next })));
      expect(wrong).toEqual([]);
    });
  });

  it('misses the newest entry of what was written in history mode restores no older one', async () => {
    const { client, direct, faulty } = bench();
    const scene = await prepare(client, 'history', ['one', 'two', 'three']);
    await mustBe(
      204,
      client.ask('POST', `/${scene.container}`, { [MODE_HEADER.stack]: scene.archive }),
    );
    const injection = faulty.inject(scene.id, missingNewest.rule(0));
    await client.ask('DELETE', scene.path).finally(injection.end);
    const { current } = await look(direct, scene);
    expect(['two', 'three']).toContain(current);
  });
});
