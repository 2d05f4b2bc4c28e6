import { page } from '../../../src/http/answers';
import { destroy, drain, whileUnread } from '../../../src/http/body';
import { BEFORE_VERSIONS } from '../../../src/core/version_names';
import { isTrueValue, toBytes, type ByteString } from '../../../src/http/bytes';
import { credentials, Headers } from '../../../src/http/headers';
import { readJson } from '../../../src/http/json';
import {
  subrequest,
  textResponse,
  type Authority,
  type Handler,
  type Request,
  type Response,
} from '../../../src/http/message';
import { formatQuery, formatTarget, isApi, parseQuery, type ContainerTarget } from '../../../src/http/path';
import { readAnswer } from '../../../src/stores/answer';
import { StoreError } from '../../../src/stores/error';
import { mayHaveIds, readEnabled, readSetting, setsMode, writeEnabled } from '../settings';
import { readListing } from './entries';
import { isNative, Listings } from './listings';
import { mirroredChanges, versionsContainer, VersionsContainers } from './mirrored';

const MOST_INFO_BYTES = 1024 * 1024;
const ENABLED = 'X-Versions-Enabled';
const SYNC_TO = 'x-container-sync-to';

/** What a request does to a container that has versions with ids, or is to have them. */
export interface ContainerChange {
  /** Writes that began before must have ended, and those that come wait. */
  readonly isExclusive: boolean;
  /** Does it; to be called once nothing is in the way. */
  make(request: Request): Promise<Response>;
}

/** Containers with X-Versions-Enabled, as clients ask for them: over a store that knows nothing of that. */
export class ContainersWithIds {
  private readonly listings: Listings;
  private readonly beside: VersionsContainers;
  private hasStaticLinks = false;

  constructor(
    private readonly next: Handler,
    private readonly authority: Authority,
  ) {
    this.listings = new Listings(next, authority);
    this.beside = new VersionsContainers(next, authority);
  }

  /** Answers GET and HEAD of a container. */
  async show(request: Request, target: ContainerTarget): Promise<Response> {
    if (!isApi(target)) return this.next({ ...request });
    const isListing = request.method === 'GET';
    if (isListing && parseQuery(request.query).has('versions')) {
      const listed = await this.listings.versions(request, target);
      return isNative(listed) ? this.again(request, listed) : this.withTotals(request, target, listed);
    }
    const response = await this.next({ ...request });
    if (response.status >= 300 || isNative(response) || readEnabled(response.headers) === undefined)
      return response;
    const listed = isListing ? await this.listings.currents(request, target, response) : response;
    return this.withTotals(request, target, listed);
  }

  /**
   * What a PUT, POST or DELETE of a container has to do with versions with ids: undefined where nothing; or the refusal, for a client
   * that may do it.
   *
   * @param own the request as it would go to the store without them
   */
  async change(
    request: Request,
    own: Request,
    target: ContainerTarget,
  ): Promise<ContainerChange | Response | undefined> {
    if (!isApi(target)) return undefined;
    if (request.method === 'DELETE') return this.removal(request, target);
    const wanted = request.headers.get(ENABLED);
    const changes = mirroredChanges(request.headers);
    if (!touchesWithIds(request.headers)) return undefined;
    const found = await this.look(request, target);
    if (found && isNative(found)) return undefined;
    const hadIds = found === undefined || mayHaveIds(found.headers);
    const refusal = clashOf(request.headers, found?.headers ?? Headers.none);
    if (refusal) return refusal;
    if (wanted === undefined && !(found && hadIds)) return undefined;
    const enabled = wanted === undefined ? undefined : isTrueValue(wanted);
    // to a dialect a container that has its versions suspended is no other for never having had them enabled
    const keepsNulls = enabled === false && request.dialect !== undefined;
    if (enabled && !(await this.knowsStaticLinks(request))) return textResponse(501, NO_STATIC_LINKS);
    const headers =
      enabled === undefined
        ? own.headers
        : own.headers.without(ENABLED).withAll(writeEnabled(enabled, hadIds || keepsNulls));
    const isOn = found !== undefined && readEnabled(found.headers) === true;
    const mirrored = hadIds || enabled || keepsNulls ? changes : undefined;
    return {
      isExclusive: enabled === true && !isOn,
      make: (request) =>
        this.carryOut(
          { ...own, signal: request.signal, headers },
          target,
          enabled === true || keepsNulls,
          mirrored,
        ),
    };
  }

  private async removal(
    request: Request,
    target: ContainerTarget,
  ): Promise<ContainerChange | Response | undefined> {
    const found = await this.look(request, target);
    if (!found || isNative(found) || !mayHaveIds(found.headers)) return undefined;
    if (await this.hasVersions(request, target)) return page(409, VERSIONS_LEFT);
    return { isExclusive: true, make: (request) => this.remove(request, target) };
  }

  /** The versions container first: what the client may read, the store lets it read wherever it is. */
  private async carryOut(
    own: Request,
    target: ContainerTarget,
    enabling: boolean,
    changes: Headers | undefined,
  ): Promise<Response> {
    let isNew = false;
    try {
      if (enabling)
        isNew = await this.beside.make(own, target, { policy: own.headers.get('x-storage-policy') });
      let changed = changes && (await this.beside.change(own, target, changes));
      if (changed?.status === 404) {
        await drain(changed.body);
        await this.beside.make(own, target);
        changed = changes && (await this.beside.change(own, target, changes));
      }
      const refusal = changed && changed.status >= 300 ? changed : undefined;
      if (changed && !refusal) await drain(changed.body);
      const response = refusal ?? (await this.next(own));
      // where it is not known whether the container was changed, both are left as they are
      if (response.status >= 400 && response.status < 500)
        await whileUnread(response, () => this.takeBack(own, target, isNew));
      return response;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'refused') throw error;
      if (isNew) await this.takeBack(own, target, isNew);
      return textResponse(error.status ?? 400, `${error.message}\n`);
    }
  }

  private async takeBack(request: Request, target: ContainerTarget, isNew: boolean): Promise<void> {
    if (isNew) {
      await drain((await this.ask(request, 'DELETE', versionsContainer(target), this.authority)).body);
      return;
    }
    await this.beside.make(request, target).catch((error: unknown) => {
      // without a container there is nothing to be like
      if (!(error instanceof StoreError) || error.status !== 404) throw error;
    });
  }

  /** In the client's own name: who may delete the container may delete its versions container. */
  private async remove(request: Request, target: ContainerTarget): Promise<Response> {
    let gone = await this.ask(request, 'DELETE', versionsContainer(target), 'client');
    if (gone.status === 409 && (await whileUnread(gone, () => this.sweep(request, target)))) {
      await drain(gone.body);
      gone = await this.ask(request, 'DELETE', versionsContainer(target), 'client');
    }
    if (gone.status === 409) {
      await drain(gone.body);
      return page(409, VERSIONS_LEFT);
    }
    if (gone.status >= 300 && gone.status !== 404) return gone;
    await drain(gone.body);
    const response = await this.next(request);
    if (response.status >= 400 && response.status !== 404)
      await whileUnread(response, () => this.beside.make(request, target));
    return response;
  }

  private async hasVersions(request: Request, target: ContainerTarget): Promise<boolean> {
    // what tells of null versions that are gone is no version
    const query = formatQuery({ limit: '1', marker: BEFORE_VERSIONS });
    const response = await this.ask(request, 'GET', versionsContainer(target), this.authority, query);
    await drain(response.body);
    // what it is cannot be known now: its DELETE will tell
    return response.status === 200;
  }

  /** Removes what tells of null versions that are gone; whether there was any, and nothing else is left. */
  private async sweep(request: Request, target: ContainerTarget): Promise<boolean> {
    if (await this.hasVersions(request, target)) return false;
    const container = versionsContainer(target);
    for (let marker: ByteString | undefined; ;) {
      const query = formatQuery({ format: 'json', marker, end_marker: BEFORE_VERSIONS });
      const listed = await this.ask(request, 'GET', container, this.authority, query);
      if (listed.status >= 300) {
        await drain(listed.body);
        return false;
      }
      const names = (await readListing(listed)).map(({ name }) => toBytes(name ?? ''));
      if (names.length === 0) return marker !== undefined;
      for (const object of names)
        await drain((await this.ask(request, 'DELETE', { ...container, object }, this.authority)).body);
      marker = names.at(-1);
    }
  }

  /** With the bytes of the versions, and with what the API tells of its own setting. */
  private async withTotals(request: Request, target: ContainerTarget, response: Response): Promise<Response> {
    const enabled = readEnabled(response.headers);
    if (response.status >= 300 || enabled === undefined) return response;
    const versions = await whileUnread(response, () =>
      this.ask(request, 'HEAD', versionsContainer(target), this.authority),
    );
    await drain(versions.body);
    const used = versions.status < 300 ? bytesUsed(versions.headers) : 0;
    const headers = response.headers
      .with('X-Container-Bytes-Used', String(bytesUsed(response.headers) + used))
      .with(ENABLED, enabled ? 'True' : 'False');
    return { ...response, headers };
  }

  /** The request as it came, for a store that knows of versions itself. */
  private again(request: Request, response: Response): Promise<Response> {
    destroy(response.body);
    return this.next({ ...request });
  }

  /** What the container says of itself, or 404; undefined where it says nothing. */
  private async look(request: Request, target: ContainerTarget): Promise<Response | undefined> {
    const response = await this.ask(request, 'HEAD', target, this.authority);
    await drain(response.body);
    if (response.status < 300 || response.status === 404) return response;
    // who may not even look is told so by what it asks for
    if (response.status < 500) return undefined;
    throw new StoreError(
      'unavailable',
      `whether the container has versions could not be read: the store answered ${response.status}`,
      response.status,
    );
  }

  private async knowsStaticLinks(request: Request): Promise<boolean> {
    if (this.hasStaticLinks) return true;
    const response = await this.next(subrequest(request, { method: 'GET', path: '/info' }));
    if (response.status !== 200) {
      await drain(response.body);
      return false;
    }
    this.hasStaticLinks = tellsStaticLinks(
      await readAnswer(response.body, MOST_INFO_BYTES, '/info of the store'),
    );
    return this.hasStaticLinks;
  }

  private ask(
    request: Request,
    method: string,
    target: ContainerTarget,
    authority: Authority,
    query = '',
  ): Promise<Response> {
    const headers = authority === 'client' ? credentials(request.headers) : Headers.none;
    return this.next(subrequest(request, { method, path: formatTarget(target), query, headers, authority }));
  }
}

const VERSIONS_LEFT = 'Delete all versions before deleting container.';
const NO_STATIC_LINKS =
  'Versions with ids need static symlinks, which the store does not have: its /info does not tell of static_links under symlink\n';
export const TWO_WAYS =
  'A container with X-Versions-Enabled cannot have X-Versions-Location or X-History-Location as well\n';
const HAS_OTHER_MODE =
  'Cannot enable object versioning on a container that is already using the legacy versioned writes feature.';
const IS_SYNCED = 'Cannot enable object versioning on a container configured as source of container syncing.';
const NO_SYNC = 'Cannot configure container sync on a container with object versioning configured.';

/** Whether a PUT or POST of a container may have to do with versions with ids. */
export function touchesWithIds(headers: Headers): boolean {
  return (
    headers.has(ENABLED) ||
    setsMode(headers) ||
    Boolean(headers.get(SYNC_TO)) ||
    mirroredChanges(headers) !== undefined
  );
}

/** The refusal of what cannot go together: on the container, or in the request. */
function clashOf(asked: Headers, found: Headers): Response | undefined {
  const [enabling, mode, sync] = [asked.has(ENABLED), setsMode(asked), Boolean(asked.get(SYNC_TO))];
  const isWithIds = mayHaveIds(found);
  if (mode && (enabling || isWithIds)) return textResponse(400, TWO_WAYS);
  if (sync && (enabling || isWithIds)) return page(400, NO_SYNC);
  if (enabling && readSetting(found)) return page(400, HAS_OTHER_MODE);
  if (enabling && found.get(SYNC_TO)) return page(400, IS_SYNCED);
  return undefined;
}

function bytesUsed(headers: Headers): number {
  return Number(headers.get('x-container-bytes-used') ?? 0);
}

function tellsStaticLinks(info: Buffer): boolean {
  try {
    const { symlink } = readJson(info) as { symlink?: { static_links?: unknown } };
    return symlink?.static_links === true;
  } catch {
    return false;
  }
}
