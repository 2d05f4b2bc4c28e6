import type { Response } from '../../swift_api/message';
import type { ObjectTarget } from '../../swift_api/target';
import { X_SYMLINK_TARGET_ETAG } from '../../swift_api/header_names';
import { linkIn } from './presentation';
import { versionAt } from './version_target';

/**
 * Max number of symlinks in a row that Swift follows (`symloop_max`); the proxy's own
 * links to versions do not count.
 */
export const MAX_LINKS = 2;
/** A link to a version before each symlink, and after the last. */
const MAX_HOPS = 2 * MAX_LINKS + 1;

/** Where a row of links ends. */
interface LinkEnd {
  /** The last object of the row, or where an object is missing or refused. */
  readonly at: ObjectTarget;
  /** The response to a HEAD of that object itself. */
  readonly head: Response;
  /** The number of links, with those to versions. */
  readonly hops: number;
  /** Set if the row must not be followed so far. */
  readonly failure?: 'too-many' | 'mismatch';
}

/**
 * Follows a row of links to its end.
 *
 * @param head requests an object itself; `from` is the link that led there
 */
export async function walkLinks(
  target: ObjectTarget,
  head: (at: ObjectTarget, from: ObjectTarget | undefined) => Promise<Response>,
): Promise<LinkEnd> {
  let [at, hops, links] = [target, 0, 0];
  let from: ObjectTarget | undefined;
  let pinnedEtag: string | undefined;
  for (;;) {
    const response = await head(at, from);
    const end = { at, head: response, hops };
    if (response.status >= 300) return end;
    const link = linkIn(response.headers, at);
    const pinned = response.headers.get(X_SYMLINK_TARGET_ETAG);
    const etag = (pinned ?? response.headers.get('etag') ?? '').replaceAll('"', '');
    if (pinnedEtag !== undefined && pinnedEtag !== etag) return { ...end, failure: 'mismatch' };
    if (link === undefined) return end;
    if (!versionAt(link)) links++;
    if (links > MAX_LINKS || hops >= MAX_HOPS) return { ...end, failure: 'too-many' };
    pinnedEtag = pinned?.replaceAll('"', '');
    [from, at, hops] = [at, link, hops + 1];
  }
}
