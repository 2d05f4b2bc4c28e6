import { isTrueValue, toBytes, unquote } from '../../../src/http/bytes';
import type { Answer } from '../../support/clients/client';
import { MARKER_TYPE } from '../../support/clients/containers';
import { encodeValue, type Place } from './places';
import { accountPath, type Side } from './side';
import type { Step } from './steps';

/** A version as Swift's own versions list it. */
export interface Listed {
  readonly name: string;
  readonly version_id: string;
  readonly is_latest: boolean;
  readonly content_type: string;
}

/** Returns all versions of an object. */
export async function versionsOf(
  { endpoint: { connection, users } }: Side,
  { account, container, object }: Place,
): Promise<readonly (Listed & { readonly isMarker: boolean })[]> {
  const query = `?versions&format=json&prefix=${encodeValue(unquote(object))}`;
  const path = `${accountPath(account)}/${container}${query}`;
  const { status, body } = await connection.send({ method: 'GET', path, headers: users.admin });
  const listed = status === 200 ? (JSON.parse(body.toString('utf8')) as Listed[]) : [];
  return listed
    .filter(({ name }) => toBytes(name) === unquote(object))
    .map((each) => ({ ...each, isMarker: each.content_type === MARKER_TYPE }));
}

/**
 * Removes the versions that a refused write left behind. Swift writes a version before it
 * knows whether the link to it will be refused, and first copies an existing object
 * without an id.
 *
 * @param answer the refusal, which names the id of the version
 */
export async function removeVersionsLeft(
  reference: Side,
  target: Place,
  answer: Answer,
): Promise<void> {
  const { connection, users } = reference.endpoint;
  const versions = await versionsOf(reference, target);
  const path = `${accountPath(target.account)}/${target.container}/${target.object}`;
  const isNull = versions.some(({ version_id: id }) => id === 'null');
  const current = isNull ? await reference.ask('HEAD', `${path}?symlink=get`) : undefined;
  const ids = [answer.headers.get('x-object-version-id'), current?.headers.get('x-timestamp')];
  for (const { version_id: id, is_latest: isLatest, isMarker } of versions)
    if (ids.includes(id) && !isLatest && !isMarker)
      await connection.send({
        method: 'DELETE',
        path: `${path}?version-id=${id}`,
        headers: users.admin,
      });
}

/**
 * Recreates a versions container. If a container refuses a request that would enable
 * versions, Swift removes its empty versions container even if that had existed before,
 * and further writes fail.
 */
export async function remakeVersionsContainer(reference: Side, step: Step): Promise<void> {
  const { method, account, path, headers } = step;
  if (!['PUT', 'POST'].includes(method) || !isTrueValue(headers?.['X-Versions-Enabled'])) return;
  const { connection, users } = reference.endpoint;
  const container = accountPath(account) + (await reference.expand(path));
  const look = (path: string) => connection.send({ method: 'HEAD', path, headers: users.admin });
  const post = (value: string) => {
    const headers = users.admin.with('X-Versions-Enabled', value);
    return connection.send({ method: 'POST', path: container, headers });
  };
  const enabled = (await look(container)).headers.get('x-versions-enabled');
  // a container that never had versions has no versions container
  if (enabled === undefined || (await look(`${container}/x?version-id=1`)).status === 400) return;
  await post('true');
  if (!isTrueValue(enabled)) await post('false');
}
