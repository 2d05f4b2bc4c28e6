import { isDeepStrictEqual } from 'node:util';
import { quote, toBytes } from '../../../src/http/bytes';
import { MARKER_TYPE } from '../../support/clients/containers';
import type { Divergence } from './differences';
import { versionsOf, type Listed } from './leftovers_with_ids';
import { accountPath } from './side';

/**
 * Whether two pages of versions differ only in `is_latest`. Swift sets it on delete
 * markers that are not the latest by its own API; and on a page that begins amid the
 * versions of a name, it omits it on a version that is the current one by its own API.
 */
export async function isOnlyLatest(divergence: Divergence): Promise<boolean> {
  const { step, swift, hindsight } = divergence;
  if (!step.path.includes('?versions') || swift.status !== 200 || hindsight.status !== 200)
    return false;
  if (!swift.body.startsWith('[') || !hindsight.body.startsWith('[')) return false;
  const [theirs, ours] = [rowsOf(swift.body), rowsOf(hindsight.body)];
  if (!isDeepStrictEqual(theirs.map(withoutLatest), ours.map(withoutLatest))) return false;
  for (const [i, row] of theirs.entries()) {
    if (row.is_latest === ours[i]?.is_latest) continue;
    const isReason = row.is_latest
      ? await isNoLatestMarker(divergence, row)
      : await isCurrentAmid(divergence, row);
    if (!isReason) return false;
  }
  return true;
}

function rowsOf(body: string): Listed[] {
  return JSON.parse(body) as Listed[];
}

function withoutLatest(row: Listed): Listed {
  return { ...row, is_latest: false };
}

/** Whether a row is a delete marker of an existing object, or not the newest version. */
async function isNoLatestMarker({ step, side }: Divergence, row: Listed): Promise<boolean> {
  if (row.content_type !== MARKER_TYPE) return false;
  const container = (await side.expand(step.path)).split('?')[0]?.slice(1) ?? '';
  const object = quote(toBytes(row.name));
  const [newest] = await versionsOf(side, { account: step.account, container, object });
  const path = `${accountPath(step.account)}/${container}/${object}?symlink=get`;
  const current = await side.ask('HEAD', path);
  return (
    current.status === 200 ||
    newest === undefined ||
    side.normaliser.text(newest.version_id) !== row.version_id
  );
}

/** Whether a row is what reads return, on a page that begins amid versions. */
async function isCurrentAmid({ step, side }: Divergence, row: Listed): Promise<boolean> {
  if (!/[?&]version_marker=/.test(step.path)) return false;
  const container = (await side.expand(step.path)).split('?')[0] ?? '';
  const path = `${accountPath(step.account)}${container}/${quote(toBytes(row.name))}`;
  const { connection, users } = side.endpoint;
  const current = await connection.send({ method: 'HEAD', path, headers: users.admin });
  return side.normaliser.text(current.headers.get('x-object-version-id') ?? '') === row.version_id;
}
