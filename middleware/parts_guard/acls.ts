import { LRUCache } from 'lru-cache';
import { authorityOn } from '../../src/versioning/authority';
import { drain } from '../../src/http/body';
import type { ByteString } from '../../src/http/bytes';
import type { Power, Right } from '../../src/swift_api/authority/authority';
import { credentials, Headers } from '../../src/http/headers';
import { subrequest, type Handler, type Request, type Response } from '../../src/swift_api/message';
import { formatTarget, type ContainerTarget } from '../../src/swift_api/target';
import { partsContainerOf } from '../../src/swift_api/reserved';
import { StoreError } from '../../src/util/store_error';

const READ = 'x-container-read';
const WRITE = 'x-container-write';
const ACLS = [READ, WRITE, 'x-remove-container-read', 'x-remove-container-write'];

/** Milliseconds after which a container is looked at again, and how many are known. */
const AGE = 10 * 60_000;
const MAX = 10_000;
/** Others may change the bucket's ACL at the same time. */
const MAX_TRIES = 5;

/**
 * The ACLs of containers of parts, at a store that judges by ACLs alone: the bucket's for reading, since it reads
 * segments in the client's name, but without the right to list; and the bucket's for writing only if there is no
 * service user, in whose name parts are written.
 *
 * They are made of what the bucket has now, and looked at again after they were written. So they are right in the
 * end however many proxies do it at once, since whoever changes the bucket's does it before this.
 */
export class PartsAcls {
  private readonly known = new LRUCache<string, true>({ max: MAX, ttl: AGE });

  constructor(
    private readonly next: Handler,
    private readonly power: Power,
  ) {}

  /**
   * The same as `align`, once in a while. It is not for the client to fail by.
   *
   * @param right to write an object of the bucket, or to change the bucket or the container of its parts
   * @param headers headers that the container of parts has now, by which it may have to be done at once
   */
  async alignOnce(
    request: Request,
    bucket: ContainerTarget,
    right: Right,
    headers = Headers.none,
  ): Promise<void> {
    const key = formatTarget(bucket);
    if (this.known.has(key) && !this.isTooOpen(headers)) return;
    try {
      if (await this.align(request, bucket, right)) this.known.set(key, true);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /**
   * Gives the container of a bucket's parts the ACLs that it should have; 0.1.0 gave it the bucket's.
   *
   * @returns whether it has them, as far as the store shows this client
   * @throws StoreError if the store does not do it
   */
  async align(given: Request, bucket: ContainerTarget, right: Right): Promise<boolean> {
    const request = { ...given, authority: authorityOn(this.power, right) };
    const beside = { ...bucket, container: partsContainerOf(bucket.container) };
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const [itself, parts] = await Promise.all([
        this.head(request, bucket),
        this.head(request, beside),
      ]);
      if (!itself || !parts) return false;
      const headers = this.wanted(itself);
      const isRight = [READ, WRITE].every((name) => (parts.get(name) ?? '') === headers.get(name));
      // the store shows ACLs to owners only
      if (isRight) return this.power === 'service' || itself.has(READ) || itself.has(WRITE);
      const response = await this.ask(request, 'POST', beside, headers);
      await drain(response.body);
      if (response.status >= 300) throw failed(response);
    }
    throw new StoreError('unavailable', 'the ACL of a bucket changes all the time');
  }

  /** Whether a container of parts has, by its headers, more ACLs than it may ever have: as 0.1.0 made it. */
  isTooOpen(headers: Headers): boolean {
    const { power } = this;
    return (
      isListed(headers.get(READ) ?? '') || (power === 'service' && Boolean(headers.get(WRITE)))
    );
  }

  private wanted(bucket: Headers): Headers {
    const write = this.power === 'service' ? '' : (bucket.get(WRITE) ?? '');
    return Headers.of({ [READ]: withoutListing(bucket.get(READ) ?? ''), [WRITE]: write });
  }

  /** Undefined if there is no such container, or not for this client. */
  private async head(request: Request, target: ContainerTarget): Promise<Headers | undefined> {
    const response = await this.ask(request, 'HEAD', target, Headers.of({ 'X-Newest': 'true' }));
    await drain(response.body);
    if (response.status >= 500) throw failed(response);
    return response.status < 300 ? response.headers : undefined;
  }

  private ask(
    request: Request,
    method: string,
    target: ContainerTarget,
    headers: Headers,
  ): Promise<Response> {
    const own =
      request.authority === 'client' ? credentials(request.headers).withAll(headers) : headers;
    return this.next(subrequest(request, { method, path: formatTarget(target), headers: own }));
  }
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
  const kept = parts.filter((part) => part.trim() !== '.rlistings');
  return kept.length === parts.length ? acl : kept.join(',');
}

function failed({ status }: Response): StoreError {
  return new StoreError(
    'unavailable',
    `the ACL of the container that holds the parts of uploads could not be set: the store answered ${status}`,
    status,
  );
}
