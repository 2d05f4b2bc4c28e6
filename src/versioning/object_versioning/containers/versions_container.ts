import { drain } from '../../../http/body';
import { Headers } from '../../../http/headers';
import { type Handler, type Request, type Response } from '../../../swift_api/message';
import { type ContainerTarget } from '../../../swift_api/target';
import { versionsContainerOf } from '../version_names';
import { SwiftClient, storeErrorOf, expectSuccess } from '../../../swift_api/client';
import { X_STORAGE_POLICY } from '../../../swift_api/header_names';

/**
 * The headers that a versions container shares with its container, so that the store lets
 * clients read and write versions by the same rules, enforces the same quota of bytes,
 * and lets the same scripts read. A quota of objects is not among them: versions are not
 * objects that it counts.
 */
const SHARED: readonly string[] = [
  'X-Container-Read',
  'X-Container-Write',
  'X-Container-Meta-Quota-Bytes',
  'X-Container-Meta-Access-Control-Allow-Origin',
  'X-Container-Meta-Access-Control-Expose-Headers',
  'X-Container-Meta-Access-Control-Max-Age',
];
const REMOVING: readonly string[] = SHARED.map((name) => name.replace(/^X-/, 'X-Remove-'));

/** The container that holds the versions of another. */
export function versionsContainer({
  version,
  account,
  container,
}: ContainerTarget): ContainerTarget {
  return { version, account, container: versionsContainerOf(container) };
}

/**
 * Returns what a request changes of a container that its versions container must share;
 * undefined if it changes nothing of it.
 */
export function sharedHeaderChanges(headers: Headers): Headers | undefined {
  const changes = headers.only(...SHARED, ...REMOVING);
  return changes.entries().next().done === true ? undefined : changes;
}

/**
 * Returns all headers that a versions container shares with its container; those that the
 * container lacks are blank, which removes them.
 */
function sharedHeadersOf(headers: Headers): Headers {
  return Headers.of(Object.fromEntries(SHARED.map((name) => [name, headers.get(name) ?? ''])));
}

/** Creates and changes versions containers on behalf of a client's request. */
export class VersionsContainers {
  /** @param next the rest of the pipeline */
  constructor(private readonly next: Handler) {}

  /**
   * Creates the versions container of a container, or updates an existing one to match
   * it: ACLs, quota, CORS headers and storage policy. To be called again if it turns out
   * to be gone.
   *
   * @param ownRequest the proxy's own request, on a right to the container or to an
   * object in it
   * @param first set if the container itself may not exist yet: the storage policy that
   * it will have
   * @returns whether it was created
   * @throws StoreError `refused` if the store rejects it, `unavailable` if the store did
   * not answer
   */
  async ensure(
    ownRequest: Request,
    container: ContainerTarget,
    first?: { readonly policy: string | undefined },
  ): Promise<boolean> {
    const client = new SwiftClient(this.next, ownRequest);
    const head = await client.head(container);
    const exists = head.status < 300;
    if (!exists && !(first && head.status === 404))
      throw storeErrorOf(head, 'could not read the container');
    const headers = exists ? head.headers : Headers.none;
    const sharedHeaders = sharedHeadersOf(headers);
    const policy = headers.get(X_STORAGE_POLICY) ?? first?.policy;
    const target = versionsContainer(container);
    const putHeaders =
      policy === undefined ? sharedHeaders : sharedHeaders.with('X-Storage-Policy', policy);
    const put = await client.put(target, { headers: putHeaders });
    // it exists, with another policy
    const response = put.status === 409 ? await update(client, put, target, sharedHeaders) : put;
    await expectSuccess(response, 'could not create the versions container');
    return response.status === 201;
  }

  /**
   * Changes a versions container the way its container is about to be changed, in the
   * client's own name.
   */
  change(request: Request, container: ContainerTarget, changes: Headers): Promise<Response> {
    const versions = versionsContainer(container);
    return new SwiftClient(this.next, request, 'client').post(versions, { headers: changes });
  }
}

async function update(
  client: SwiftClient,
  put: Response,
  target: ContainerTarget,
  headers: Headers,
): Promise<Response> {
  await drain(put.body);
  return client.post(target, { headers });
}
