import { page } from '../../../swift_api/responses';
import { destroy, drain, whileUnread } from '../../../http/body';
import { authorityOn } from '../../authority';
import { BEFORE_VERSIONS } from '../version_names';
import { isTrueValue, toBytes, type ByteString } from '../../../http/bytes';
import { lookAtHeaders } from '../../../swift_api/authority/closed_list';
import type { Power, Right } from '../../../swift_api/authority/authority';
import { Headers } from '../../../http/headers';
import { readJson } from '../../../formats/json';
import {
  textResponse,
  type Handler,
  type Request,
  type Response,
} from '../../../swift_api/message';
import { isApi, type ContainerTarget } from '../../../swift_api/target';
import { readAnswer } from '../../../swift_api/json_response';
import { rightShown } from '../../../swift_api/authority/shown_right';
import { StoreError } from '../../../util/store_error';
import { mayHaveIds, readEnabled, readSetting, setsMode, writeEnabled } from '../../policy';
import { readListing } from './listing_entries';
import { isNative, Listings } from './listings';
import { mirroredChanges, versionsContainer, VersionsContainers } from './versions_container';
import { storeErrorOf, SwiftClient } from '../../../swift_api/client';
import { ContainerCall } from '../../calls';

const MAX_INFO_BYTES = 1024 * 1024;
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
export class VersionedContainers {
  private readonly listings: Listings;
  private readonly beside: VersionsContainers;
  private hasStaticLinks = false;

  constructor(
    private readonly next: Handler,
    private readonly power: Power,
  ) {
    this.listings = new Listings(next, power);
    this.beside = new VersionsContainers(next);
  }

  /** Answers GET and HEAD of a container. */
  async show(call: ContainerCall): Promise<Response> {
    const { request, target } = call;
    if (!isApi(target)) return this.next({ ...request });
    const isListing = request.method === 'GET';
    if (isListing && call.query.has('versions')) {
      const listed = await this.listings.versions(call);
      return isNative(listed)
        ? this.again(request, listed)
        : this.withTotals(request, target, listed);
    }
    const response = await this.next({ ...request });
    if (response.status >= 300 || isNative(response) || readEnabled(response.headers) === undefined)
      return response;
    const listed = isListing ? await this.listings.currents(call, response) : response;
    return this.withTotals(request, target, listed);
  }

  /**
   * What a PUT, POST or DELETE of a container has to do with versions with ids: undefined where nothing; or the refusal, for a client
   * that may do it.
   *
   * @param own the request as it would go to the store without them
   * @param right to change the container
   */
  async change(
    request: Request,
    own: Request,
    target: ContainerTarget,
    right: Right,
  ): Promise<ContainerChange | Response | undefined> {
    if (!isApi(target)) return undefined;
    if (request.method === 'DELETE') return this.removal(request, target, right);
    const wanted = request.headers.get(ENABLED);
    const changes = mirroredChanges(request.headers);
    if (!touchesObjectVersioning(request.headers)) return undefined;
    const found = await this.look(this.onRight(request, right), target);
    if (found && isNative(found)) return undefined;
    const hadIds = found === undefined || mayHaveIds(found.headers);
    const refusal = clashOf(request.headers, found?.headers ?? Headers.none);
    if (refusal) return refusal;
    if (wanted === undefined && !(found && hadIds)) return undefined;
    const enabled = wanted === undefined ? undefined : isTrueValue(wanted);
    // to a dialect a container that has its versions suspended is no other for never having had them enabled
    const keepsNulls = enabled === false && request.dialect !== undefined;
    if (enabled && !(await this.knowsStaticLinks(request)))
      return textResponse(501, NO_STATIC_LINKS);
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
          right,
          enabled === true || keepsNulls,
          mirrored,
        ),
    };
  }

  private async removal(
    request: Request,
    target: ContainerTarget,
    right: Right,
  ): Promise<ContainerChange | Response | undefined> {
    const own = this.onRight(request, right);
    const found = await this.look(own, target);
    if (!found || isNative(found) || !mayHaveIds(found.headers)) return undefined;
    if (await this.hasVersions(own, target)) return page(409, VERSIONS_LEFT);
    return { isExclusive: true, make: (request) => this.remove(request, target, right) };
  }

  /** The versions container first: what the client may read, the store lets it read wherever it is. */
  private async carryOut(
    request: Request,
    target: ContainerTarget,
    right: Right,
    enabling: boolean,
    changes: Headers | undefined,
  ): Promise<Response> {
    const own = this.onRight(request, right);
    let isNew = false;
    try {
      if (enabling)
        isNew = await this.beside.make(own, target, {
          policy: request.headers.get('x-storage-policy'),
        });
      let changed = changes && (await this.beside.change(request, target, changes));
      if (changed?.status === 404) {
        await drain(changed.body);
        await this.beside.make(own, target);
        changed = changes && (await this.beside.change(request, target, changes));
      }
      const refusal = changed && changed.status >= 300 ? changed : undefined;
      if (changed && !refusal) await drain(changed.body);
      const response = refusal ?? (await this.next(request));
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

  private async takeBack(own: Request, target: ContainerTarget, isNew: boolean): Promise<void> {
    if (isNew) {
      await drain((await this.client(own).delete(versionsContainer(target))).body);
      return;
    }
    await this.beside.make(own, target).catch((error: unknown) => {
      // without a container there is nothing to be like
      if (!(error instanceof StoreError) || error.status !== 404) throw error;
    });
  }

  /** In the client's own name: who may delete the container may delete its versions container. */
  private async remove(request: Request, target: ContainerTarget, right: Right): Promise<Response> {
    const own = this.onRight(request, right);
    let gone = await this.client(request).delete(versionsContainer(target));
    if (gone.status === 409 && (await whileUnread(gone, () => this.sweep(own, target)))) {
      await drain(gone.body);
      gone = await this.client(request).delete(versionsContainer(target));
    }
    if (gone.status === 409) {
      await drain(gone.body);
      return page(409, VERSIONS_LEFT);
    }
    if (gone.status >= 300 && gone.status !== 404) return gone;
    await drain(gone.body);
    const response = await this.next(request);
    if (response.status >= 400 && response.status !== 404)
      await whileUnread(response, () => this.beside.make(own, target));
    return response;
  }

  private async hasVersions(own: Request, target: ContainerTarget): Promise<boolean> {
    // what tells of null versions that are gone is no version
    const query = { limit: '1', marker: BEFORE_VERSIONS };
    const response = await this.client(own).get(versionsContainer(target), { query });
    await drain(response.body);
    // what it is cannot be known now: its DELETE will tell
    return response.status === 200;
  }

  /** Removes what tells of null versions that are gone; whether there was any, and nothing else is left. */
  private async sweep(own: Request, target: ContainerTarget): Promise<boolean> {
    if (await this.hasVersions(own, target)) return false;
    const container = versionsContainer(target);
    for (let marker: ByteString | undefined; ;) {
      const query = { format: 'json', marker, end_marker: BEFORE_VERSIONS };
      const listed = await this.client(own).get(container, { query });
      if (listed.status >= 300) {
        await drain(listed.body);
        return false;
      }
      const names = (await readListing(listed)).map(({ name }) => toBytes(name ?? ''));
      if (names.length === 0) return marker !== undefined;
      for (const object of names)
        await drain((await this.client(own).delete({ ...container, object })).body);
      marker = names.at(-1);
    }
  }

  /** With the bytes of the versions, and with what the API tells of its own setting. */
  private async withTotals(
    request: Request,
    target: ContainerTarget,
    response: Response,
  ): Promise<Response> {
    const enabled = readEnabled(response.headers);
    if (response.status >= 300 || enabled === undefined) return response;
    const own = this.forTotals(request, target, response);
    const versions = await whileUnread(response, () =>
      this.client(own).head(versionsContainer(target)),
    );
    const used = versions.status < 300 ? bytesUsed(versions.headers) : 0;
    const headers = response.headers
      .with('X-Container-Bytes-Used', String(bytesUsed(response.headers) + used))
      .with(ENABLED, enabled ? 'True' : 'False');
    return { ...response, headers };
  }

  /** What looks for quotas looks at the versions container on the same authority. */
  private forTotals(request: Request, target: ContainerTarget, response: Response): Request {
    if (request.authority !== 'client')
      return { ...request, authority: lookAtHeaders(versionsContainer(target)) };
    const right = rightShown(request, response);
    return right ? this.onRight(request, right) : request;
  }

  /** The request as it came, for a store that knows of versions itself. */
  private again(request: Request, response: Response): Promise<Response> {
    destroy(response.body);
    return this.next({ ...request });
  }

  /** What the container says of itself, or 404; undefined where it says nothing. */
  private async look(own: Request, target: ContainerTarget): Promise<Response | undefined> {
    const response = await this.client(own).head(target);
    if (response.status < 300 || response.status === 404) return response;
    // who may not even look is told so by what it asks for
    if (response.status < 500) return undefined;
    throw storeErrorOf(response, 'could not read whether the container has versions');
  }

  private async knowsStaticLinks(request: Request): Promise<boolean> {
    if (this.hasStaticLinks) return true;
    const response = await new SwiftClient(this.next, request).get('/info');
    if (response.status !== 200) {
      await drain(response.body);
      return false;
    }
    this.hasStaticLinks = tellsStaticLinks(
      await readAnswer(response.body, MAX_INFO_BYTES, '/info of the store'),
    );
    return this.hasStaticLinks;
  }

  private onRight(request: Request, right: Right): Request {
    return { ...request, authority: authorityOn(this.power, right) };
  }

  /** @param own its authority says in whose name requests are made */
  private client(own: Request): SwiftClient {
    return new SwiftClient(this.next, own);
  }
}

const VERSIONS_LEFT = 'Delete all versions before deleting container.';
const NO_STATIC_LINKS =
  'Versions with ids need static symlinks, which the store does not have: its /info does not tell of static_links under symlink\n';
export const TWO_WAYS =
  'A container with X-Versions-Enabled cannot have X-Versions-Location or X-History-Location as well\n';
const HAS_OTHER_MODE =
  'Cannot enable object versioning on a container that is already using the legacy versioned writes feature.';
const IS_SYNCED =
  'Cannot enable object versioning on a container configured as source of container syncing.';
const NO_SYNC = 'Cannot configure container sync on a container with object versioning configured.';

/** Whether a PUT or POST of a container may have to do with versions with ids. */
export function touchesObjectVersioning(headers: Headers): boolean {
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
