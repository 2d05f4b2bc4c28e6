import {
  versionName,
  versionsContainerOf,
} from '../../../src/versioning/object_versioning/version_names';
import { pathOf } from '../../support/clients/containers';
import type { Attempt, Route } from './routes';
import { OBJECT, type World } from './world';

/** Statuses of requests that name no valid place, or that no client may send. */
const REFUSED = [400, 404, 409, 412];

const at = ({ ids }: World) => pathOf(ids.container, OBJECT);
const hidden = ({ ids }: World) => `/${versionsContainerOf(ids.container)}`;
/** The path of the newest version in the versions container. */
const entryOf = (world: World) =>
  `${hidden(world)}/${encodeURIComponent(versionName(OBJECT, world.ids.newest))}`;

const route = (
  name: string,
  attempt: (world: World) => Attempt,
  more: Pick<Route, 'reads' | 'also'> = {},
): Route => ({ name, ...more, attempt: (_, world) => attempt(world) });

const byId = (
  method: string,
  which: 'oldest' | 'newest' | 'null',
  more: Partial<Attempt> = {},
): Route =>
  route(
    `${method} of the ${which} version by its id${more.body === undefined ? '' : ', with a body'}`,
    (world) => ({
      method,
      path: at(world),
      query: `version-id=${which === 'null' ? which : world.ids[which]}`,
      ...more,
    }),
    { reads: method === 'GET' || method === 'HEAD', also: REFUSED },
  );

const container = (name: string, method: string, headers: Record<string, string>): Route =>
  route(`container ${method} ${name}, with ids`, ({ ids }) => ({
    method,
    path: `/${ids.container}`,
    headers,
  }));

const ALL: readonly Route[] = [
  ...['PUT', 'DELETE', 'POST'].map((method) =>
    route(`${method} of an object with ids`, (world) => ({
      method,
      path: at(world),
      ...(method === 'PUT' ? { body: 'after' } : {}),
    })),
  ),
  byId('PUT', 'oldest'),
  byId('PUT', 'oldest', { body: 'after' }),
  byId('DELETE', 'oldest'),
  byId('DELETE', 'newest'),
  byId('DELETE', 'null'),
  byId('POST', 'newest', { headers: { 'X-Object-Meta-Kept': 'no more' } }),
  byId('GET', 'oldest'),
  byId('HEAD', 'newest'),
  byId('COPY', 'oldest', { headers: { Destination: 'nowhere/stolen' } }),
  route(
    'COPY of a version to where one may write',
    (world) => ({
      method: 'COPY',
      path: at(world),
      query: `version-id=${world.ids.oldest}`,
      headers: { Destination: `${world.ids.container}/stolen` },
    }),
    { also: REFUSED },
  ),
  route(
    'PUT with X-Copy-From of a version',
    (world) => ({
      method: 'PUT',
      path: `/${world.ids.container}/stolen`,
      headers: { 'X-Copy-From': `${at(world)}?version-id=${world.ids.oldest}` },
    }),
    { also: REFUSED },
  ),
  route(
    'the listing of versions',
    ({ ids }) => ({ method: 'GET', path: `/${ids.container}`, query: 'versions&format=json' }),
    { reads: true },
  ),
  container('that switches versions off', 'POST', { 'X-Versions-Enabled': 'false' }),
  container('that switches versions on', 'PUT', { 'X-Versions-Enabled': 'true' }),
  container('that keeps versions in a mode', 'POST', { 'X-History-Location': 'elsewhere' }),
  container('that gives rights', 'POST', {
    'X-Container-Read': '.r:*',
    'X-Container-Write': 'test:tester3',
  }),
  container('that takes rights', 'POST', { 'X-Remove-Container-Read': 'x' }),
  container('that sets a quota', 'POST', { 'X-Container-Meta-Quota-Bytes': '0' }),
  container('that goes', 'DELETE', {}),
  route('PUT of a container with ids', ({ prefix }) => ({
    method: 'PUT',
    path: `/${prefix}-made-with-ids`,
    headers: { 'X-Versions-Enabled': 'true' },
  })),
  ...['GET', 'HEAD', 'PUT', 'POST', 'DELETE'].flatMap((method) => [
    route(
      `${method} of what holds versions`,
      (world) => ({ method, path: hidden(world), headers: { 'X-Container-Read': '.r:*' } }),
      { also: REFUSED },
    ),
    route(
      `${method} of where a version is kept`,
      (world) => ({
        method,
        path: entryOf(world),
        ...(method === 'PUT' ? { body: 'forged' } : {}),
      }),
      { also: REFUSED },
    ),
  ]),
  route(
    'COPY to where a version is kept',
    (world) => ({
      method: 'COPY',
      path: `/${world.shared}/source`,
      headers: { Destination: entryOf(world).slice(1) },
    }),
    { also: REFUSED },
  ),
  ...['X-Copy-From', 'X-Symlink-Target', 'X-Object-Manifest'].map((header) =>
    route(
      `PUT with ${header} of where a version is kept`,
      (world) => ({
        method: 'PUT',
        path: `/${world.writable}/stolen`,
        headers: { [header]: entryOf(world).slice(1) },
      }),
      { also: REFUSED },
    ),
  ),
  route(
    'POST ?bulk-delete of where a version is kept',
    (world) => ({
      method: 'POST',
      path: '',
      query: 'bulk-delete',
      headers: { 'Content-Type': 'text/plain', Accept: 'application/json' },
      body: entryOf(world),
    }),
    // 200: the report says that there is no such object
    { also: [...REFUSED, 200] },
  ),
];

/**
 * Differs on Swift: its versions containers have other names, some routes report versions
 * before they refuse, and Node cannot read all of its responses to HEAD.
 */
const NOT_ON_SWIFT = /what holds versions|where a version is kept|^HEAD|that goes/;

/** Ways to write, or to read, versions of object versioning and their container. */
export const WITH_IDS: readonly Route[] = ALL.map((each) => ({
  ...each,
  notOnSwift: NOT_ON_SWIFT.test(each.name),
}));
