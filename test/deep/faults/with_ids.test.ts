import { list, newEnabled } from '../../conformance/with_ids/containers';
import type { Answer, Client } from '../../support/clients/client';
import { mustBe, newContainer } from '../../support/clients/containers';
import { suiteUpstream } from '../../support/servers/embedded_upstream';
import { describeWithSwift } from '../../support/servers/swift';
import { suiteBench, type SuiteBench } from './bench';
import { FAULTS, type Injected } from './injected';
import { ONE_OF, type Bench } from './matrix';
import { partOf } from '../../support/running/depth';

const OFF = { 'X-Versions-Enabled': 'false' };
const ON = { 'X-Versions-Enabled': 'true' };
const AT_ONCE = 12;

/**
 * The container of a cell, and the bodies acknowledged so far by version id or `null`.
 */
interface Scene {
  readonly client: Client;
  readonly container: string;
  readonly path: string;
  readonly acknowledged: Map<string, string>;
}

interface Operation {
  readonly name: string;
  readonly prepare: (scene: Scene) => Promise<void>;
  readonly run: (scene: Scene) => Promise<Answer>;
  /** The current body before and after; undefined if there is none. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** The version that it removes, counted from the oldest. */
  readonly removes?: number;
}

interface Cell {
  readonly operation: Operation;
  readonly fault: Injected;
  readonly at: number;
}

const write = async ({ client, path, acknowledged }: Scene, body: string) => {
  const { headers } = await mustBe(201, client.ask('PUT', path, {}, body));
  acknowledged.set(headers.get('x-object-version-id') ?? 'null', body);
};
const nothing = () => Promise.resolve();
const one = (scene: Scene) => write(scene, 'one');
const two = async (scene: Scene) => {
  await one(scene);
  await write(scene, 'two');
};
const unversioned = async (scene: Scene) => {
  const { client, container } = scene;
  await mustBe(204, client.ask('POST', `/${container}`, OFF));
  await mustBe(201, client.ask('PUT', scene.path, {}, 'null'));
  await mustBe(204, client.ask('POST', `/${container}`, ON));
};
const nth = ({ acknowledged, path }: Scene, at: number) =>
  `${path}?version-id=${[...acknowledged.keys()].sort()[at] ?? ''}`;
const put = (scene: Scene) => scene.client.ask('PUT', scene.path, {}, 'new');
const remove = (scene: Scene) => scene.client.ask('DELETE', scene.path);
const removeNth = (at: number) => (scene: Scene) => scene.client.ask('DELETE', nth(scene, at));

const OPERATIONS: readonly Operation[] = [
  { name: 'PUT', prepare: nothing, run: put, before: undefined, after: 'new' },
  { name: 'PUT over a version', prepare: one, run: put, before: 'one', after: 'new' },
  { name: 'PUT over what has no id', prepare: unversioned, run: put, before: 'null', after: 'new' },
  {
    name: 'COPY over a version',
    prepare: one,
    run: async (scene) => {
      const source = await newContainer(scene.client);
      await mustBe(
        201,
        scene.client.ask('PUT', `/${source}/o`, { 'X-Delete-After': '1000' }, 'new'),
      );
      return scene.client.ask('COPY', `/${source}/o`, { Destination: scene.path });
    },
    before: 'one',
    after: 'new',
  },
  { name: 'DELETE', prepare: one, run: remove, before: 'one', after: undefined },
  {
    name: 'DELETE of what has no id',
    prepare: unversioned,
    run: remove,
    before: 'null',
    after: undefined,
  },
  {
    name: 'POST',
    prepare: one,
    run: ({ client, path }) => client.ask('POST', path, { 'X-Object-Meta-A': 'a' }),
    before: 'one',
    after: 'one',
  },
  {
    name: 'DELETE of the current version',
    prepare: two,
    run: removeNth(1),
    before: 'two',
    after: undefined,
    removes: 1,
  },
  {
    name: 'DELETE of an older version',
    prepare: two,
    run: removeNth(0),
    before: 'two',
    after: 'two',
    removes: 0,
  },
  {
    name: 'PUT of an older version',
    prepare: two,
    run: (scene) => scene.client.ask('PUT', nth(scene, 0)),
    before: 'two',
    after: 'one',
  },
];

async function sceneOf({ client }: Bench, { prepare }: Operation): Promise<Scene> {
  const container = await newEnabled(client);
  const scene: Scene = { client, container, path: `/${container}/o`, acknowledged: new Map() };
  await prepare(scene);
  return scene;
}

/** Returns how many requests an operation makes to the store. */
async function requestsOf(bench: Bench, operation: Operation): Promise<number> {
  const scene = await sceneOf(bench, operation);
  const { seen, end } = bench.faulty.inject(scene.container, () => undefined);
  await operation.run(scene);
  end();
  return seen.length;
}

async function cellsOf(bench: Bench, operation: Operation, salt: number): Promise<Cell[]> {
  const requests = await requestsOf(bench, operation);
  const cells = FAULTS.filter(({ befalls }) => !befalls).flatMap((fault) =>
    Array.from({ length: requests }, (_, at): Cell => ({ operation, fault, at })),
  );
  return cells.filter((_, i) => (i + salt) % ONE_OF === 0);
}

/** Returns what is wrong after an operation with a fault. */
async function tryCell(bench: Bench, { operation, fault, at }: Cell): Promise<string[]> {
  const scene = await sceneOf(bench, operation);
  const { client, container, path, acknowledged } = scene;
  const removed =
    operation.removes === undefined
      ? undefined
      : [...acknowledged.keys()].sort()[operation.removes];
  const injection = bench.faulty.inject(container, fault.rule(at));
  const answer = await operation.run(scene).catch(() => undefined);
  injection.end();
  const wrong: string[] = [];
  const expectThat = (holds: boolean, what: string) => {
    if (!holds)
      wrong.push(`${operation.name}, ${fault.name} at ${injection.seen[at] ?? at}: ${what}`);
  };
  const isDone = answer !== undefined && answer.status < 300;
  if (fault.harmless) expectThat(isDone, `answered ${answer?.status ?? 'nothing'}`);
  const id = answer?.headers.get('x-object-version-id');
  if (isDone && id && operation.after === 'new') acknowledged.set(id, 'new');
  if (removed) acknowledged.delete(removed);

  const look = async (what: string, possible: readonly (string | undefined)[]) => {
    const { status, body } = await client.ask('GET', path);
    const is = status === 404 ? undefined : status === 200 ? body.toString() : `status ${status}`;
    expectThat(possible.includes(is), `${what} is ${is ?? 'nothing'}`);
    for (const [version, acknowledgedBody] of acknowledged) {
      const read = await client.ask('GET', `${path}?version-id=${version}`);
      expectThat(
        read.body.toString() === acknowledgedBody,
        `${what}: ${acknowledgedBody} is lost (${read.status})`,
      );
    }
    return (await list(client, container, 'versions')).map(({ version_id }) => String(version_id));
  };
  const { before, after } = operation;
  const ids = await look('what is current', isDone ? [after] : [before, after]);
  for (const version of acknowledged.keys())
    expectThat(ids.includes(version), `${version} is not listed`);
  await write(scene, 'next');
  const later = await look('what was written next', ['next']);
  const bodies = await Promise.all(
    later.map(async (version) =>
      (await client.ask('GET', `${path}?version-id=${version}`)).body.toString(),
    ),
  );
  expectThat(
    before === undefined || removed !== undefined || bodies.includes(before),
    `${before ?? ''} is lost`,
  );
  return wrong;
}

function operations({ bench }: SuiteBench, from: number): void {
  const rows = OPERATIONS.map((operation, i) => [operation.name, operation, i] as const);
  it.each(partOf(rows, { oneOf: 11, from }))(
    '%s loses nothing, and leaves no link to nothing',
    async (_, operation, salt) => {
      const cells = await cellsOf(bench(), operation, salt);
      const wrong: string[] = [];
      const next = async () => {
        for (let cell = cells.shift(); cell; cell = cells.shift())
          wrong.push(...(await tryCell(bench(), cell)));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, next));
      expect(wrong).toEqual([]);
    },
    600_000,
  );
}

const filter = 'allow_object_versioning = true';

describe('faults of a store of our own, with ids', () => {
  const url = suiteUpstream();
  describe('with the service user', () => operations(suiteBench(url, true, 0, filter), 0));
  describe("with the client's token", () => operations(suiteBench(url, false, 0, filter), 1));
});

describeWithSwift('faults of a Swift, with ids', ({ plain }) => {
  operations(
    suiteBench(() => plain, true, 0, filter),
    2,
  );
});
