import { isDeepStrictEqual } from 'node:util';
import { isOnlyLatest } from './latest';
import { removeLeftover, writtenBy } from './leftovers';
import type { Observation } from './observe';
import type { Side } from './side';
import { showStep, type Step } from './steps';
import { isNoText } from './unsent';

/** A step that the two sides answered differently. */
export interface Divergence {
  readonly step: Step;
  /** The response of Swift's own versions. */
  readonly swift: Observation;
  readonly hindsight: Observation;
  /** The side with Swift's own versions, for further requests. */
  readonly side: Side;
}

/**
 * A difference from Swift's own versions that the suite accepts, as the README describes
 * it.
 */
export interface Difference {
  readonly name: string;
  readonly reason: string;
  explains(divergence: Divergence): Promise<boolean> | boolean;
}

/**
 * All accepted differences; each requires proof that Swift has our reason too. Others are
 * handled where they arise: bodies of errors in observe, what Swift leaves in archives
 * after refused writes in leftovers; large objects lose no segments. What is never sent
 * is in unsent.
 */
export const PROXY_DIFFERENCES: readonly Difference[] = [
  {
    name: 'two reasons to refuse',
    reason:
      'a write may be malformed, lack its source, be unauthorised and have no archive, all at once: each side checks in its own order, since a proxy learns of rights only from the store',
    explains: async (divergence) => refuses(divergence) && (await isAlsoReason(divergence)),
  },
  {
    name: 'a copy to a name that is not UTF-8',
    reason:
      'Swift answers 412, or 500, after it has looked for the source; we refuse it with 400 before that',
    explains: ({ step: { headers = {} }, swift, hindsight, side }) =>
      isNoText(headers['Destination'], side) && swift.status >= 400 && hindsight.status === 400,
  },
  {
    name: 'realm',
    reason:
      'if the client may use neither account of a copy, Swift names the account of the source, and we name that of the destination, whose rights must be known before anything is archived',
    explains: ({ step: { headers = {} }, swift, hindsight }) =>
      ('X-Copy-From-Account' in headers || 'Destination-Account' in headers) &&
      swift.status === 401 &&
      isDeepStrictEqual(withoutRealm(swift), withoutRealm(hindsight)),
  },
  {
    name: 'bad setting with a bad token',
    reason:
      "Swift's authentication precedes its versions and refuses an invalid token; we refuse a malformed setting first, as Swift does for a client without a token, since a proxy cannot tell valid tokens from invalid ones",
    explains: async ({ step, swift, hindsight, side }) =>
      step.user === 'badtoken' &&
      swift.status === 401 &&
      [400, 412].includes(hindsight.status) &&
      (await side.send({ ...step, user: 'anonymous' })).status === hindsight.status,
  },
  {
    name: 'ids of versions on a refusal',
    reason:
      'Swift reports the current version to a client that may not remove a version, reports null for the missing source of a copy, and names the version that a refused write leaves behind; we do not',
    explains: ({ step, swift, hindsight }) => {
      const isByWhoMayNot = /[?&]version-id=/.test(step.path) && [401, 403].includes(swift.status);
      const isWrite = ['PUT', 'COPY'].includes(step.method) && swift.status >= 400;
      return (
        (isByWhoMayNot || isWrite) &&
        hindsight.headers['x-object-version-id'] === undefined &&
        isDeepStrictEqual(withoutIds(swift), withoutIds(hindsight))
      );
    },
  },
  {
    name: 'null with a bad token',
    reason:
      "Swift's versions report null for everything that is missing or unreadable; its authentication, which precedes them, reports nothing, and a proxy cannot tell valid tokens from invalid ones",
    explains: ({ step, swift, hindsight }) =>
      step.user === 'badtoken' &&
      swift.status === 401 &&
      hindsight.headers['x-object-version-id'] === 'null' &&
      isDeepStrictEqual(withoutIds(swift), withoutIds(hindsight)),
  },
  {
    name: 'null for a DLO whose container of segments is missing',
    reason:
      "Swift's versions report null for an object that is missing, and nothing for such a DLO; the store's 404 is the same for both",
    explains: async ({ step, swift, hindsight, side }) => {
      const isSame = isDeepStrictEqual(withoutIds(swift), withoutIds(hindsight));
      if (swift.status !== 404 || step.path.includes('?') || !isSame) return false;
      const path = `${step.path}?multipart-manifest=get`;
      return (await side.send({ ...step, method: 'HEAD', path })).status === 200;
    },
  },
  {
    name: 'what a link to a version tells of itself',
    reason:
      'Swift stores the metadata of a version on the link too, visible only by ?symlink=get; we do not',
    explains: ({ step, swift, hindsight }) =>
      step.path.includes('symlink=get') &&
      swift.headers['x-symlink-target'] !== undefined &&
      isDeepStrictEqual(withoutMetadata(swift), withoutMetadata(hindsight)),
  },
  {
    name: 'where a symlink to a version leads',
    reason:
      "Swift reports the version's id as the symlink's, or its own name of the version, which contains the id, and the id is its time; we report the path of the version",
    explains: ({ swift, hindsight }) => {
      const [theirs, ours] = [swift, hindsight].map(
        ({ headers }) => headers['content-location'] ?? '',
      );
      const id = /\?version-id=.*$/.exec(ours ?? '')?.[0];
      const isTheSame =
        id !== undefined && (theirs?.endsWith(id) === true || theirs?.includes('%00versions%00'));
      return (
        isTheSame === true && isDeepStrictEqual(withoutLocation(swift), withoutLocation(hindsight))
      );
    },
  },
  {
    name: 'the type of a version in a listing that is XML',
    reason:
      'Swift lists only its first part, and we all of it, as for other objects; in JSON, which shows which lines are versions, observe handles it',
    explains: ({ swift, hindsight }) =>
      /^application\/xml/.test(hindsight.headers['content-type'] ?? '') &&
      isDeepStrictEqual(withoutParameters(swift), withoutParameters(hindsight)),
  },
  {
    name: 'which version a COPY of what is current is of',
    reason:
      'Swift reports the id of the version that was current; the store behind us does not report it, and asking for it would be a race',
    explains: ({ step, swift, hindsight }) =>
      !/version-id=[^&]/.test(step.path) &&
      hindsight.headers['x-copied-from-version-id'] === undefined &&
      isDeepStrictEqual(withoutSourceId(swift), withoutSourceId(hindsight)),
  },
  {
    name: 'DELETE of a container with versions by whoever may not',
    reason:
      'Swift looks for versions before it checks the right; we reveal the contents only to a client that may delete the container',
    explains: ({ step, swift, hindsight }) =>
      step.method === 'DELETE' && swift.status === 409 && [401, 403].includes(hindsight.status),
  },
  {
    name: 'what is wrong in a manifest of whoever may not write',
    reason:
      'Swift reads the source of a copy that is put as a manifest before it checks the right to write; we refuse without reading it',
    explains: ({ step, swift, hindsight }) =>
      /[?&]multipart-manifest=put/.test(step.path) &&
      [400, 413].includes(swift.status) &&
      [401, 403].includes(hindsight.status),
  },
  {
    name: 'a bad X-Versions-Enabled by whoever may not set it',
    reason:
      'Swift refuses it before it checks the right; we reveal the setting only to a client that may change the container',
    explains: ({ step, swift, hindsight }) =>
      'X-Versions-Enabled' in (step.headers ?? {}) &&
      swift.status === 400 &&
      [401, 403].includes(hindsight.status),
  },
  {
    name: 'a mode on a container with ids',
    reason:
      'Swift accepts it and then refuses every write; we refuse it, as Swift does the reverse',
    explains: async ({ step, swift, hindsight, side }) => {
      const sets = MODES.some((name) => step.headers?.[name]);
      if (!sets || swift.status >= 300 || hindsight.status !== 400) return false;
      const off = { ...step, method: 'POST', headers: { 'X-Remove-Versions-Location': 'x' } };
      return (await side.send(off)).status < 300;
    },
  },
  {
    name: 'version_marker=null',
    reason: 'Swift then omits all versions of the name that the page begins with; we list them',
    explains: async ({ step, swift, hindsight, side }) =>
      swift.status === 200 &&
      hindsight.status === 200 &&
      (await side.expand(step.path)).includes('version_marker=null'),
  },
  {
    name: 'which version is the latest',
    reason:
      'Swift sets it on the first delete marker of a name on a page, even if newer versions precede it or an older version was made the current one; and it omits it on the current version if the page begins below, amid the versions of the name',
    explains: isOnlyLatest,
  },
  {
    name: 'PUT of the null version',
    reason:
      'Swift fails with 500 after its authentication has accepted the token; there is nothing to restore',
    explains: ({ step, swift, hindsight }) =>
      step.method === 'PUT' &&
      step.path.includes('version-id=') &&
      (swift.status === 500 || (step.user === 'badtoken' && swift.status === 401)) &&
      hindsight.status === 400,
  },
  {
    name: 'names that are not UTF-8',
    reason:
      "we pass on the store's 412 to our HEAD of the object; so does Swift, except for 500 to a copy, and only after checking the client, the headers, and the source of a copy, which may answer 304",
    explains: ({ step, swift, hindsight, side }) =>
      toldStatus(swift) >= 304 &&
      hindsight.status === 412 &&
      /%ff|%00/.test(side.expandNames(showStep(step))),
  },
];

/** The ETag of an empty body. */
const EMPTY = 'd41d8cd98f00b204e9800998ecf8427e';
const MODES = ['X-Versions-Location', 'X-History-Location'];

/** Returns the final status of a response, even if the body began before it was known. */
function toldStatus({ status, body }: Observation): number {
  const finalStatus = /^Response Status: (\d+)/m.exec(body)?.[1];
  return finalStatus === undefined ? status : Number(finalStatus);
}

/** Whether both sides refuse a write. */
function refuses({ step, swift, hindsight }: Divergence): boolean {
  if (!['PUT', 'COPY'].includes(step.method) || hindsight.status < 400 || hindsight.status >= 500)
    return false;
  const status = toldStatus(swift);
  return status >= 400 && status < 500;
}

/**
 * Whether Swift has our reason to refuse too: it refuses a plain write by the same client
 * to the same object with our status, or the request is malformed even without any
 * versions.
 */
async function isAlsoReason({ step, hindsight, side }: Divergence): Promise<boolean> {
  const target = await writtenBy(side, step);
  if (target === undefined) return false;
  const { account, container, object } = target;
  const write: Step = {
    user: step.user,
    method: 'PUT',
    account,
    path: `/${container}/${object}`,
    headers: { ETag: 'd41d8cd98f00b204e9800998ecf8427f' },
    body: 'one',
  };
  const plain = await side.send(write);
  await removeLeftover(side, write, plain);
  if (plain.status === hindsight.status) return true;
  if (![400, 409, 411, 412].includes(hindsight.status)) return false;
  return (await side.sendPast(step)).status === hindsight.status;
}

function withoutIds({ status, headers, body }: Observation): Observation {
  const ids = { 'x-object-version-id': '', 'x-object-current-version-id': '' };
  return { status, headers: { ...headers, ...ids }, body };
}

function withoutLocation({ status, headers, body }: Observation): Observation {
  return { status, headers: { ...headers, 'content-location': '', 'x-timestamp': '' }, body };
}

function withoutParameters({ status, headers, body }: Observation): Observation {
  const length = { 'content-length': '' };
  const types = body.replace(/(<content_type>[^<;]*);[^<]*/g, '$1');
  return { status, headers: { ...headers, ...length }, body: types };
}

function withoutSourceId({ status, headers, body }: Observation): Observation {
  return { status, headers: { ...headers, 'x-copied-from-version-id': '' }, body };
}

const OF_A_LINK = /^(x-object-meta-|content-|x-delete-at)/;
const OF_A_LINK_TO_A_LINK = /^(x-object-meta-|content-|x-delete-at|x-symlink-target-(etag|bytes)$)/;

function withoutMetadata({ status, headers, body }: Observation): Observation {
  // if the version is itself a symlink, Swift's link reports it as empty
  const isToSymlink =
    headers['x-symlink-target-etag'] === EMPTY && headers['x-symlink-target-bytes'] === '0';
  const untold = isToSymlink ? OF_A_LINK_TO_A_LINK : OF_A_LINK;
  const fields = Object.entries(headers).filter(([name]) => !untold.test(name));
  return { status, headers: Object.fromEntries(fields), body };
}

function withoutRealm({ status, headers, body }: Observation): Observation {
  return { status, headers: { ...headers, 'www-authenticate': '' }, body };
}
