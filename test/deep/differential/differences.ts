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
      'a write may be malformed, lack its source, be unauthorised and have no archive, all at once: each side has its own order of looking, since a proxy learns of rights from the store only',
    explains: async (divergence) => refuses(divergence) && (await isAlsoReason(divergence)),
  },
  {
    name: 'a copy to a name that is not UTF-8',
    reason:
      'Swift answers 412, or 500, once it has looked for the source; we refuse it with 400 before',
    explains: ({ step: { headers = {} }, swift, hindsight, side }) =>
      isNoText(headers['Destination'], side) && swift.status >= 400 && hindsight.status === 400,
  },
  {
    name: 'realm',
    reason:
      'where the client may use neither account of a copy, Swift names the account of the source, we the one of the destination, whose rights must be known before anything is archived',
    explains: ({ step: { headers = {} }, swift, hindsight }) =>
      ('X-Copy-From-Account' in headers || 'Destination-Account' in headers) &&
      swift.status === 401 &&
      isDeepStrictEqual(withoutRealm(swift), withoutRealm(hindsight)),
  },
  {
    name: 'bad setting with a bad token',
    reason:
      "Swift's authentication stands before its versions and refuses a token that is none; we refuse a malformed setting first, as Swift does to a client without a token, since a proxy cannot tell one token from another",
    explains: async ({ step, swift, hindsight, side }) =>
      step.user === 'badtoken' &&
      swift.status === 401 &&
      [400, 412].includes(hindsight.status) &&
      (await side.send({ ...step, user: 'anonymous' })).status === hindsight.status,
  },
  {
    name: 'ids of versions on a refusal',
    reason:
      'Swift tells whoever may not remove a version of an object which one is current, calls the source of a copy that is not there null, and names the version that a refused write leaves with it; we do not',
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
      "Swift's versions say null of whatever they do not find or let nobody read; its authentication, which stands before them, says nothing, and a proxy cannot tell one token from another",
    explains: ({ step, swift, hindsight }) =>
      step.user === 'badtoken' &&
      swift.status === 401 &&
      hindsight.headers['x-object-version-id'] === 'null' &&
      isDeepStrictEqual(withoutIds(swift), withoutIds(hindsight)),
  },
  {
    name: 'what a link to a version tells of itself',
    reason:
      'Swift notes the metadata of a version on the link too, where only ?symlink=get shows it; we do not',
    explains: ({ step, swift, hindsight }) =>
      step.path.includes('symlink=get') &&
      swift.headers['x-symlink-target'] !== undefined &&
      isDeepStrictEqual(withoutMetadata(swift), withoutMetadata(hindsight)),
  },
  {
    name: 'where a symlink to a version leads',
    reason:
      "Swift tells the version's id as one of the symlink, or the name that versions have with it inside, and the id is its time; we tell where the version is",
    explains: ({ swift, hindsight }) => {
      const [theirs, own] = [swift, hindsight].map(
        ({ headers }) => headers['content-location'] ?? '',
      );
      const id = /\?version-id=.*$/.exec(own ?? '')?.[0];
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
      'Swift lists the first part of it only, we all of it, as of other objects; in JSON, where it can be told which lines are of versions, observe knows',
    explains: ({ swift, hindsight }) =>
      /^application\/xml/.test(hindsight.headers['content-type'] ?? '') &&
      isDeepStrictEqual(withoutParameters(swift), withoutParameters(hindsight)),
  },
  {
    name: 'which version a COPY of what is current is of',
    reason:
      'Swift tells the id of the version that was current; the store behind us does not tell us, and to ask would not make it certain',
    explains: ({ step, swift, hindsight }) =>
      !/version-id=[^&]/.test(step.path) &&
      hindsight.headers['x-copied-from-version-id'] === undefined &&
      isDeepStrictEqual(withoutSourceId(swift), withoutSourceId(hindsight)),
  },
  {
    name: 'DELETE of a container with versions by whoever may not',
    reason:
      'Swift looks for versions before it looks at the right; we tell only whoever may delete the container what is in it',
    explains: ({ step, swift, hindsight }) =>
      step.method === 'DELETE' && swift.status === 409 && [401, 403].includes(hindsight.status),
  },
  {
    name: 'a bad X-Versions-Enabled by whoever may not set it',
    reason:
      'Swift refuses it before it looks at the right; we tell only whoever may change the container what is on it',
    explains: ({ step, swift, hindsight }) =>
      'X-Versions-Enabled' in (step.headers ?? {}) &&
      swift.status === 400 &&
      [401, 403].includes(hindsight.status),
  },
  {
    name: 'a mode on a container with ids',
    reason:
      'Swift takes it and refuses every write from then on; we refuse it, as Swift does the other way round',
    explains: async ({ step, swift, hindsight, side }) => {
      const sets = MODES.some((name) => step.headers?.[name]);
      if (!sets || swift.status >= 300 || hindsight.status !== 400) return false;
      const off = { ...step, method: 'POST', headers: { 'X-Remove-Versions-Location': 'x' } };
      return (await side.send(off)).status < 300;
    },
  },
  {
    name: 'version_marker=null',
    reason:
      'Swift then leaves out all versions of the name that the page begins with; we list them',
    explains: async ({ step, swift, hindsight, side }) =>
      swift.status === 200 &&
      hindsight.status === 200 &&
      (await side.expand(step.path)).includes('version_marker=null'),
  },
  {
    name: 'which version is the latest',
    reason:
      'Swift says it of the first delete marker that a page has of a name, also where newer versions stand before it, or where an older version was made the current one; and not of that in a page that begins amid the versions of the name, below it',
    explains: isOnlyLatest,
  },
  {
    name: 'PUT of the null version',
    reason:
      'Swift breaks with 500, once its authentication let the token pass; there is nothing that it could make current',
    explains: ({ step, swift, hindsight }) =>
      step.method === 'PUT' &&
      step.path.includes('version-id=') &&
      (swift.status === 500 || (step.user === 'badtoken' && swift.status === 401)) &&
      hindsight.status === 400,
  },
  {
    name: 'names that are not UTF-8',
    reason:
      "we pass on the store's 412 to the question what is there; Swift answers so too, but for 500 to a copy, and after having looked at the client and the headers",
    explains: ({ step, swift, hindsight, side }) =>
      toldStatus(swift) >= 400 &&
      hindsight.status === 412 &&
      /%ff|%00/.test(side.expandNames(showStep(step))),
  },
];

/** The ETag of an empty body. */
const EMPTY = 'd41d8cd98f00b204e9800998ecf8427e';
const MODES = ['X-Versions-Location', 'X-History-Location'];

/** Returns the final status of a response, even if the body began before it was known. */
function toldStatus({ status, body }: Observation): number {
  const told = /^Response Status: (\d+)/m.exec(body)?.[1];
  return told === undefined ? status : Number(told);
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
  const written = await writtenBy(side, step);
  if (written === undefined) return false;
  const { account, container, object } = written;
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
  const kept = Object.entries(headers).filter(([name]) => !untold.test(name));
  return { status, headers: Object.fromEntries(kept), body };
}

function withoutRealm({ status, headers, body }: Observation): Observation {
  return { status, headers: { ...headers, 'www-authenticate': '' }, body };
}
