import { NEW_MARKER_TYPE } from '../../../src/swift_api/markers';
import type { Answer, Client } from '../../support/clients/client';
import {
  archivePrefix,
  MARKER_TYPE,
  MODE_HEADER,
  mustBe,
  pathOf,
  put,
  uniqueName,
  type Mode,
} from '../../support/clients/containers';

const OBJECT = 'object';
/** Stands for a delete marker in the place of a body. */
export const MARKER = '<marker>';
/** Stands for an incomplete marker: it expires unless a later delete removes it. */
const HALF_MADE = '<half made>';
/** Stands for the body of a static large object. */
const LARGE = '<slo>';

/** An object as clients see it: its body, if it exists, and its archive, oldest first. */
export interface State {
  readonly current: string | undefined;
  readonly archive: readonly string[];
}

/** The outcome of an operation: the state after it, and its allowed statuses. */
interface Outcome {
  readonly state: State;
  readonly statuses: readonly number[];
}

/**
 * A versioned container with one object, and a source for copies. Its id is in all its
 * paths and in no other scene's.
 */
export interface Scene {
  readonly id: string;
  /** Uses the proxy. */
  readonly client: Client;
  readonly mode: Mode;
  readonly container: string;
  readonly archive: string;
  readonly plain: string;
  readonly path: string;
  /** The prefix of the names of its versions. */
  readonly prefix: string;
}

/** An operation on the object of a scene, and its expected outcome. */
export interface Operation {
  readonly name: string;
  /**
   * The earlier writes of the object: bodies, or undefined for a DELETE in history mode.
   */
  readonly before: readonly (string | undefined)[];
  act(scene: Scene): Promise<Answer>;
  model(mode: Mode, state: State): Outcome;
}

/** Prepares the scene of an operation. */
export async function prepare(
  client: Client,
  mode: Mode,
  before: Operation['before'],
): Promise<Scene> {
  const id = uniqueName('scene');
  const [container, archive, plain] = [`${id}-c`, `${id}-a`, `${id}-p`];
  for (const each of [archive, plain]) await mustBe(201, client.ask('PUT', `/${each}`));
  const first: Mode = before.includes(undefined) ? 'history' : mode;
  await mustBe(201, client.ask('PUT', `/${container}`, { [MODE_HEADER[first]]: archive }));
  await put(client, plain, 'source', 'copied');
  const path = pathOf(container, OBJECT);
  const switchedAfter = first === mode ? -1 : before.lastIndexOf(undefined);
  for (const [i, body] of before.entries()) {
    if (body === undefined) await mustBe(204, client.ask('DELETE', path));
    else if (body === LARGE) await putLarge(client, plain, path);
    else await put(client, container, OBJECT, body);
    if (i === switchedAfter)
      await mustBe(204, client.ask('POST', `/${container}`, { [MODE_HEADER[mode]]: archive }));
  }
  return { id, client, mode, container, archive, plain, path, prefix: archivePrefix(OBJECT) };
}

async function putLarge(client: Client, plain: string, path: string): Promise<void> {
  await put(client, plain, 'segment', 'of a large object');
  const manifest = JSON.stringify([{ path: pathOf(plain, 'segment') }]);
  await mustBe(201, client.ask('PUT', `${path}?multipart-manifest=put`, {}, manifest));
}

/** Returns the state of a scene's object in the store itself. */
export async function look(direct: Client, { archive, path, prefix }: Scene): Promise<State> {
  const versions: string[] = [];
  for (const name of await direct.names(archive, `prefix=${encodeURIComponent(prefix)}`)) {
    const state = await stateOf(direct, pathOf(archive, name));
    versions.push(state ?? '<gone>');
  }
  return { current: await stateOf(direct, path), archive: versions };
}

async function stateOf(direct: Client, path: string): Promise<string | undefined> {
  const { status, headers, body } = await direct.ask('GET', `${path}?multipart-manifest=get`);
  if (status !== 200) return undefined;
  if (headers.get('content-type') === MARKER_TYPE) return MARKER;
  if (headers.get('content-type') === NEW_MARKER_TYPE && headers.has('x-delete-at'))
    return HALF_MADE;
  return headers.get('x-static-large-object')?.toLowerCase() === 'true' ? LARGE : body.toString();
}

function afterWrite(body: string, { current, archive }: State): State {
  return { current: body, archive: current === undefined ? archive : [...archive, current] };
}

function deletedFromStack({ current, archive }: State): Outcome {
  const newest = archive.at(-1);
  if (newest === undefined || (newest === MARKER && current !== undefined))
    return {
      state: { current: undefined, archive },
      statuses: [current === undefined ? 404 : 204],
    };
  if (newest !== MARKER)
    return { state: { current: newest, archive: archive.slice(0, -1) }, statuses: [204] };
  const hidden = archive.at(-2);
  return hidden === undefined || hidden === MARKER
    ? { state: { current: undefined, archive: archive.slice(0, -1) }, statuses: [204] }
    : { state: { current: hidden, archive: archive.slice(0, -2) }, statuses: [204] };
}

function deleted(mode: Mode, state: State): Outcome {
  if (mode === 'stack') return deletedFromStack(state);
  const { current, archive } = state;
  const versions = current === undefined ? archive : [...archive, current];
  return {
    state: { current: undefined, archive: [...versions, MARKER] },
    statuses: [current === undefined ? 404 : 204],
  };
}

export function putting(
  body: string,
  before: Operation['before'],
  name: string,
  headers: Record<string, string> = {},
): Operation {
  return {
    name,
    before,
    act: ({ client, path }) => client.ask('PUT', path, headers, body),
    model: (_, state) => ({ state: afterWrite(body, state), statuses: [201] }),
  };
}

export function deleting(before: Operation['before'], name: string): Operation {
  return { name, before, act: ({ client, path }) => client.ask('DELETE', path), model: deleted };
}

const TWO = ['one', 'two'];

export const OPERATIONS: readonly Operation[] = [
  putting('new', [], 'PUT of a new object'),
  putting('three', TWO, 'PUT over another'),
  putting('x'.repeat(200_000), TWO, 'PUT of a body that is streamed'),
  putting('three'.repeat(20_000), TWO, 'PUT of a client that waits for 100 Continue', {
    Expect: '100-continue',
  }),
  {
    name: 'COPY over another',
    before: TWO,
    act: ({ client, plain, path }) =>
      client.ask('COPY', pathOf(plain, 'source'), { Destination: path }),
    model: (_, state) => ({ state: afterWrite('copied', state), statuses: [201] }),
  },
  {
    name: 'PUT that the store refuses',
    before: TWO,
    act: ({ client, path }) =>
      client.ask('PUT', path, { ETag: 'd41d8cd98f00b204e9800998ecf8427e' }, 'three'),
    model: (_, state) => ({ state, statuses: [422] }),
  },
  {
    name: 'POST',
    before: TWO,
    act: ({ client, path }) => client.ask('POST', path, { 'X-Object-Meta-Colour': 'blue' }),
    model: (_, state) => ({ state, statuses: [state.current === undefined ? 404 : 202] }),
  },
  deleting(TWO, 'DELETE with a version'),
  deleting(['one'], 'DELETE without a version'),
  deleting([], 'DELETE of nothing'),
  deleting(['one', undefined], 'DELETE where a marker is the newest'),
  deleting(['one', undefined, 'two'], 'DELETE of what came after a marker'),
  {
    name: 'DELETE ?multipart-manifest=delete',
    before: ['one', LARGE],
    act: ({ client, path }) => client.ask('DELETE', `${path}?multipart-manifest=delete`),
    model: (mode, state) => ({ state: deleted(mode, state).state, statuses: [200, 404] }),
  },
];

/** Returns the status of an operation; for a bulk delete, the one in its body. */
export function statusOf({ status, body }: Answer): number {
  const inner = /^Response Status: (\d{3})/m.exec(body.toString())?.[1];
  return inner === undefined ? status : Number(inner);
}
