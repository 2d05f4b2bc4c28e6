import { LRUCache } from 'lru-cache';
import { authorityFor } from '../../src/versioning/authority';
import { drain } from '../../src/http/body';
import type { ByteString } from '../../src/http/bytes';
import type { Power, Right } from '../../src/swift_api/authority/authority';
import { Headers } from '../../src/http/headers';
import { SwiftClient } from '../../src/swift_api/client';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import { formatTarget, type ContainerTarget } from '../../src/swift_api/target';
import { partsContainerOf } from '../../src/swift_api/reserved';
import { StoreError } from '../../src/util/store_error';
import { X_CONTAINER_READ, X_CONTAINER_WRITE } from '../../src/swift_api/header_names';

const READ = X_CONTAINER_READ;
const WRITE = X_CONTAINER_WRITE;
const ACLS = [READ, WRITE, 'x-remove-container-read', 'x-remove-container-write'];

/** Milliseconds after which a container is checked again, and how many are remembered. */
const MAX_AGE = 10 * 60_000;
const MAX_ALIGNED = 10_000;
/** Attempts, since others may change the bucket's ACL at the same time. */
const MAX_TRIES = 5;

/**
 * Keeps the ACLs of parts containers right, for a store that enforces ACLs alone. The
 * read ACL is the bucket's, since the store reads segments in the client's name, but
 * without the right to list. The write ACL is the bucket's only if there is no service
 * user, in whose name parts are written.
 *
 * The ACLs are derived from the bucket's current ones, and checked again after they were
 * written. So they end up right however many proxies do this at once, since whoever
 * changes the bucket's ACLs does so before this.
 */
export class PartsAcls {
  private readonly aligned = new LRUCache<string, true>({ max: MAX_ALIGNED, ttl: MAX_AGE });

  constructor(
    private readonly next: Handler,
    private readonly power: Power,
  ) {}

  /**
   * Calls `align` once in a while. Its failure does not fail the client's request.
   *
   * @param right to write an object of the bucket, or to change the bucket or its parts
   *   container
   * @param headers current headers of the parts container; if they show too much, it is
   *   aligned at once
   */
  async alignOnce(
    request: Request,
    bucket: ContainerTarget,
    right: Right,
    headers = Headers.none,
  ): Promise<void> {
    const key = formatTarget(bucket);
    if (this.aligned.has(key) && !this.isTooOpen(headers)) return;
    try {
      if (await this.align(request, bucket, right)) this.aligned.set(key, true);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /**
   * Sets the ACLs of a bucket's parts container to what they should be; 0.1.0 set the
   * bucket's.
   *
   * @returns whether they are right, as far as the store shows this client
   * @throws StoreError if the store fails to set them
   */
  async align(request: Request, bucket: ContainerTarget, right: Right): Promise<boolean> {
    const client = new SwiftClient(this.next, request, authorityFor(this.power, right));
    const partsContainer = { ...bucket, container: partsContainerOf(bucket.container) };
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const [bucketHeaders, partsHeaders] = await Promise.all([
        headersOf(bucket, client),
        headersOf(partsContainer, client),
      ]);
      if (!bucketHeaders || !partsHeaders) return false;
      const headers = this.desiredAcls(bucketHeaders);
      const isRight = [READ, WRITE].every(
        (name) => (partsHeaders.get(name) ?? '') === headers.get(name),
      );
      // the store shows ACLs to owners only
      if (isRight)
        return this.power === 'service' || bucketHeaders.has(READ) || bucketHeaders.has(WRITE);
      const response = await client.post(partsContainer, { headers });
      await drain(response.body);
      if (response.status >= 300) throw alignError(response);
    }
    throw new StoreError('unavailable', 'the ACL of the bucket keeps changing: retry later');
  }

  /**
   * Whether a parts container has, by its headers, more ACLs than it may ever have, as
   * 0.1.0 created it.
   */
  isTooOpen(headers: Headers): boolean {
    const { power } = this;
    return (
      isListed(headers.get(READ) ?? '') || (power === 'service' && Boolean(headers.get(WRITE)))
    );
  }

  private desiredAcls(bucket: Headers): Headers {
    const write = this.power === 'service' ? '' : (bucket.get(WRITE) ?? '');
    return Headers.of({ [READ]: withoutListing(bucket.get(READ) ?? ''), [WRITE]: write });
  }
}

/**
 * Returns the headers of a container; undefined if it does not exist or is hidden from
 * this client.
 */
async function headersOf(
  container: ContainerTarget,
  client: SwiftClient,
): Promise<Headers | undefined> {
  const response = await client.head(container, { headers: Headers.of({ 'X-Newest': 'true' }) });
  if (response.status >= 500) throw alignError(response);
  return response.status < 300 ? response.headers : undefined;
}

/** Whether a request changes a container's ACLs. */
export function changesAcls({ method, headers }: Request): boolean {
  return (method === 'PUT' || method === 'POST') && ACLS.some((name) => headers.has(name));
}

function isListed(acl: ByteString): boolean {
  return withoutListing(acl) !== acl;
}

function withoutListing(acl: ByteString): ByteString {
  const parts = acl.split(',');
  const grants = parts.filter((part) => part.trim() !== '.rlistings');
  return grants.length === parts.length ? acl : grants.join(',');
}

function alignError({ status }: Response): StoreError {
  return new StoreError(
    'unavailable',
    `the ACL of the container that holds the parts of uploads could not be set: the store answered ${status}`,
    status,
  );
}
