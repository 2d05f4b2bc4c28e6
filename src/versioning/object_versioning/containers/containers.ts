import { htmlResponse } from '../../../swift_api/responses';
import { destroy, drain, whileUnread } from '../../../http/body';
import { authorityFor } from '../../authority';
import { BEFORE_VERSIONS } from '../version_names';
import { isTrueValue, toBytes, type ByteString } from '../../../http/bytes';
import { headersAuthority } from '../../../swift_api/authority/closed_list';
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
import { readResponse } from '../../../swift_api/json_response';
import { provenRight } from '../../../swift_api/authority/shown_right';
import { StoreError } from '../../../util/store_error';
import { readListing } from './listing_entries';
import { isNative, Listings } from './listings';
import { sharedHeaderChanges, versionsContainer, VersionsContainers } from './versions_container';
import { storeErrorOf, SwiftClient } from '../../../swift_api/client';
import type { ContainerCall } from '../../calls';
import { X_CONTAINER_BYTES_USED, X_STORAGE_POLICY } from '../../../swift_api/header_names';
import {
  mayHaveIds,
  readEnabled,
  readSetting,
  setsMode,
  enabledHeaders,
} from '../../policy_headers';

const MAX_INFO_BYTES = 1024 * 1024;
const ENABLED = 'X-Versions-Enabled';
const SYNC_TO = 'x-container-sync-to';

/** A change of a container that has object versioning, or is to have it. */
export interface ContainerChange {
  /** Whether writes that began before must end first, while new ones wait. */
  readonly isExclusive: boolean;
  /** Makes the change; to be called once nothing is in the way. */
  apply(request: Request): Promise<Response>;
}

/**
 * Implements containers with X-Versions-Enabled for clients of a store that does not
 * support it.
 */
export class VersionedContainers {
  private readonly listings: Listings;
  private readonly versionsContainers: VersionsContainers;
  private hasStaticLinks = false;

  constructor(
    private readonly next: Handler,
    private readonly power: Power,
  ) {
    this.listings = new Listings(next, power);
    this.versionsContainers = new VersionsContainers(next);
  }

  /** Handles GET and HEAD of a container. */
  async handleRead(call: ContainerCall): Promise<Response> {
    const { request, target } = call;
    if (!isApi(target)) return this.next({ ...request });
    const isListing = request.method === 'GET';
    if (isListing && call.query.has('versions')) {
      const listing = await this.listings.listVersions(call);
      return isNative(listing)
        ? this.forwardUnchanged(request, listing)
        : this.withTotals(request, target, listing);
    }
    const response = await this.next({ ...request });
    if (response.status >= 300 || isNative(response) || readEnabled(response.headers) === undefined)
      return response;
    const listing = isListing ? await this.listings.listCurrent(call, response) : response;
    return this.withTotals(request, target, listing);
  }

  /**
   * Determines what a PUT, POST or DELETE of a container changes in its object
   * versioning.
   *
   * @param storeRequest the request as it would go to the store without object versioning
   * @param right the right to change the container
   * @returns undefined if it changes nothing; or the refusal, for a client that may make
   * the change
   */
  async planChange(
    request: Request,
    storeRequest: Request,
    target: ContainerTarget,
    right: Right,
  ): Promise<ContainerChange | Response | undefined> {
    if (!isApi(target)) return undefined;
    if (request.method === 'DELETE') return this.planRemoval(request, target, right);
    const setting = request.headers.get(ENABLED);
    const changes = sharedHeaderChanges(request.headers);
    if (!touchesObjectVersioning(request.headers)) return undefined;
    const current = await this.look(this.withRight(request, right), target);
    if (current && isNative(current)) return undefined;
    const wasVersioned = current === undefined || mayHaveIds(current.headers);
    const refusal = clashOf(request.headers, current?.headers ?? Headers.none);
    if (refusal) return refusal;
    if (setting === undefined && !(current && wasVersioned)) return undefined;
    const enabled = setting === undefined ? undefined : isTrueValue(setting);
    // to a dialect, suspended versioning is the same whether or not it was ever enabled
    const keepsNulls = enabled === false && request.dialect !== undefined;
    if (enabled && !(await this.supportsStaticLinks(request)))
      return textResponse(501, NO_STATIC_LINKS);
    const headers =
      enabled === undefined
        ? storeRequest.headers
        : storeRequest.headers
            .without(ENABLED)
            .withAll(enabledHeaders(enabled, wasVersioned || keepsNulls));
    const isOn = current !== undefined && readEnabled(current.headers) === true;
    const versionsChanges = wasVersioned || enabled || keepsNulls ? changes : undefined;
    return {
      isExclusive: enabled === true && !isOn,
      apply: (request) =>
        this.apply(
          { ...storeRequest, signal: request.signal, headers },
          target,
          right,
          enabled === true || keepsNulls,
          versionsChanges,
        ),
    };
  }

  private async planRemoval(
    request: Request,
    target: ContainerTarget,
    right: Right,
  ): Promise<ContainerChange | Response | undefined> {
    const ownRequest = this.withRight(request, right);
    const current = await this.look(ownRequest, target);
    if (!current || isNative(current) || !mayHaveIds(current.headers)) return undefined;
    if (await this.hasVersions(ownRequest, target)) return htmlResponse(409, VERSIONS_LEFT);
    return { isExclusive: true, apply: (request) => this.remove(request, target, right) };
  }

  /**
   * Changes the versions container first, so that the store grants a client the same
   * reads in both.
   */
  private async apply(
    request: Request,
    target: ContainerTarget,
    right: Right,
    enabling: boolean,
    changes: Headers | undefined,
  ): Promise<Response> {
    const ownRequest = this.withRight(request, right);
    let isNew = false;
    try {
      if (enabling)
        isNew = await this.versionsContainers.ensure(ownRequest, target, {
          policy: request.headers.get(X_STORAGE_POLICY),
        });
      let versionsResponse =
        changes && (await this.versionsContainers.change(request, target, changes));
      if (versionsResponse?.status === 404) {
        await drain(versionsResponse.body);
        await this.versionsContainers.ensure(ownRequest, target);
        versionsResponse =
          changes && (await this.versionsContainers.change(request, target, changes));
      }
      const refusal =
        versionsResponse && versionsResponse.status >= 300 ? versionsResponse : undefined;
      if (versionsResponse && !refusal) await drain(versionsResponse.body);
      const response = refusal ?? (await this.next(request));
      // if it is unknown whether the container was changed, both are left as they are
      if (response.status >= 400 && response.status < 500)
        await whileUnread(response, () => this.rollBack(ownRequest, target, isNew));
      return response;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'refused') throw error;
      if (isNew) await this.rollBack(ownRequest, target, isNew);
      return textResponse(error.status ?? 400, `${error.message}\n`);
    }
  }

  private async rollBack(
    ownRequest: Request,
    target: ContainerTarget,
    isNew: boolean,
  ): Promise<void> {
    if (isNew) {
      await drain((await this.client(ownRequest).delete(versionsContainer(target))).body);
      return;
    }
    await this.versionsContainers.ensure(ownRequest, target).catch((error: unknown) => {
      // without a container there is nothing to match
      if (!(error instanceof StoreError) || error.status !== 404) throw error;
    });
  }

  /**
   * Removes both in the client's own name: a client that may delete the container may
   * delete its versions container.
   */
  private async remove(request: Request, target: ContainerTarget, right: Right): Promise<Response> {
    const ownRequest = this.withRight(request, right);
    let versionsResponse = await this.client(request).delete(versionsContainer(target));
    if (
      versionsResponse.status === 409 &&
      (await whileUnread(versionsResponse, () => this.sweep(ownRequest, target)))
    ) {
      await drain(versionsResponse.body);
      versionsResponse = await this.client(request).delete(versionsContainer(target));
    }
    if (versionsResponse.status === 409) {
      await drain(versionsResponse.body);
      return htmlResponse(409, VERSIONS_LEFT);
    }
    if (versionsResponse.status >= 300 && versionsResponse.status !== 404) return versionsResponse;
    await drain(versionsResponse.body);
    const response = await this.next(request);
    if (response.status >= 400 && response.status !== 404)
      await whileUnread(response, () => this.versionsContainers.ensure(ownRequest, target));
    return response;
  }

  private async hasVersions(ownRequest: Request, target: ContainerTarget): Promise<boolean> {
    // null indexes of versions that are gone are not versions
    const query = { limit: '1', marker: BEFORE_VERSIONS };
    const response = await this.client(ownRequest).get(versionsContainer(target), { query });
    await drain(response.body);
    // any other status is inconclusive: the DELETE will show
    return response.status === 200;
  }

  /**
   * Removes null indexes of versions that are gone.
   *
   * @returns whether there were any, and nothing else is left
   */
  private async sweep(ownRequest: Request, target: ContainerTarget): Promise<boolean> {
    if (await this.hasVersions(ownRequest, target)) return false;
    const container = versionsContainer(target);
    for (let marker: ByteString | undefined; ;) {
      const query = { format: 'json', marker, end_marker: BEFORE_VERSIONS };
      const listing = await this.client(ownRequest).get(container, { query });
      if (listing.status >= 300) {
        await drain(listing.body);
        return false;
      }
      const names = (await readListing(listing)).map(({ name }) => toBytes(name ?? ''));
      if (names.length === 0) return marker !== undefined;
      for (const object of names)
        await drain((await this.client(ownRequest).delete({ ...container, object })).body);
      marker = names.at(-1);
    }
  }

  /** Adds the bytes of the versions, and the API's header for its own setting. */
  private async withTotals(
    request: Request,
    target: ContainerTarget,
    response: Response,
  ): Promise<Response> {
    const enabled = readEnabled(response.headers);
    if (response.status >= 300 || enabled === undefined) return response;
    const ownRequest = this.forTotals(request, target, response);
    const versions = await whileUnread(response, () =>
      this.client(ownRequest).head(versionsContainer(target)),
    );
    const used = versions.status < 300 ? bytesUsed(versions.headers) : 0;
    const headers = response.headers
      .with('X-Container-Bytes-Used', String(bytesUsed(response.headers) + used))
      .with(ENABLED, enabled ? 'True' : 'False');
    return { ...response, headers };
  }

  /**
   * Returns a request that may read the versions container; a lookup for quotas reads it
   * on the same authority.
   */
  private forTotals(request: Request, target: ContainerTarget, response: Response): Request {
    if (request.authority !== 'client')
      return { ...request, authority: headersAuthority(versionsContainer(target)) };
    const right = provenRight(request, response);
    return right ? this.withRight(request, right) : request;
  }

  /** Repeats the request unchanged, for a store that has object versioning itself. */
  private forwardUnchanged(request: Request, response: Response): Promise<Response> {
    destroy(response.body);
    return this.next({ ...request });
  }

  /**
   * Reads the container's headers, or its 404; undefined if the client may not read them.
   */
  private async look(ownRequest: Request, target: ContainerTarget): Promise<Response | undefined> {
    const response = await this.client(ownRequest).head(target);
    if (response.status < 300 || response.status === 404) return response;
    // a client that may not even look is refused by its own request
    if (response.status < 500) return undefined;
    throw storeErrorOf(response, 'could not read whether the container is versioned');
  }

  private async supportsStaticLinks(request: Request): Promise<boolean> {
    if (this.hasStaticLinks) return true;
    const response = await new SwiftClient(this.next, request).get('/info');
    if (response.status !== 200) {
      await drain(response.body);
      return false;
    }
    this.hasStaticLinks = reportsStaticLinks(
      await readResponse(response.body, MAX_INFO_BYTES, '/info of the store'),
    );
    return this.hasStaticLinks;
  }

  private withRight(request: Request, right: Right): Request {
    return { ...request, authority: authorityFor(this.power, right) };
  }

  /** @param ownRequest its authority determines in whose name requests are made */
  private client(ownRequest: Request): SwiftClient {
    return new SwiftClient(this.next, ownRequest);
  }
}

const VERSIONS_LEFT = 'Delete all versions before deleting container.';
const NO_STATIC_LINKS =
  'Object versioning requires static symlinks, which the store does not support: its /info has no static_links under symlink\n';
export const CONFLICTING_MODES =
  'A container with X-Versions-Enabled cannot have X-Versions-Location or X-History-Location as well\n';
const HAS_OTHER_MODE =
  'Cannot enable object versioning on a container that is already using the legacy versioned writes feature.';
const IS_SYNCED =
  'Cannot enable object versioning on a container configured as source of container syncing.';
const NO_SYNC = 'Cannot configure container sync on a container with object versioning configured.';

/** Whether a PUT or POST of a container may concern object versioning. */
export function touchesObjectVersioning(headers: Headers): boolean {
  return (
    headers.has(ENABLED) ||
    setsMode(headers) ||
    Boolean(headers.get(SYNC_TO)) ||
    sharedHeaderChanges(headers) !== undefined
  );
}

/** Refuses features that exclude each other, in the request or on the container. */
function clashOf(requestHeaders: Headers, containerHeaders: Headers): Response | undefined {
  const [enabling, mode, sync] = [
    requestHeaders.has(ENABLED),
    setsMode(requestHeaders),
    Boolean(requestHeaders.get(SYNC_TO)),
  ];
  const isVersioned = mayHaveIds(containerHeaders);
  if (mode && (enabling || isVersioned)) return textResponse(400, CONFLICTING_MODES);
  if (sync && (enabling || isVersioned)) return htmlResponse(400, NO_SYNC);
  if (enabling && readSetting(containerHeaders)) return htmlResponse(400, HAS_OTHER_MODE);
  if (enabling && containerHeaders.get(SYNC_TO)) return htmlResponse(400, IS_SYNCED);
  return undefined;
}

function bytesUsed(headers: Headers): number {
  return Number(headers.get(X_CONTAINER_BYTES_USED) ?? 0);
}

function reportsStaticLinks(info: Buffer): boolean {
  try {
    const { symlink } = readJson(info) as { symlink?: { static_links?: unknown } };
    return symlink?.static_links === true;
  } catch {
    return false;
  }
}
