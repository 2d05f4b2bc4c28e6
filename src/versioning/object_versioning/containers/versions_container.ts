import { drain } from '../../../http/body';
import { Headers } from '../../../http/headers';
import { type Handler, type Request, type Response } from '../../../swift_api/message';
import { type ContainerTarget } from '../../../swift_api/target';
import { versionsContainerOf } from '../version_names';
import { SwiftClient, storeErrorOf, expectSuccess } from '../../../swift_api/client';

/**
 * What a versions container has of its container, so that the store lets clients read and write versions by the same rules, stops them at the
 * same number of bytes, and lets the same scripts read. A quota of objects is not among them: versions are not objects that it counts.
 */
const MIRRORED: readonly string[] = [
  'X-Container-Read',
  'X-Container-Write',
  'X-Container-Meta-Quota-Bytes',
  'X-Container-Meta-Access-Control-Allow-Origin',
  'X-Container-Meta-Access-Control-Expose-Headers',
  'X-Container-Meta-Access-Control-Max-Age',
];
const REMOVING: readonly string[] = MIRRORED.map((name) => name.replace(/^X-/, 'X-Remove-'));

/** The container that holds the versions of another. */
export function versionsContainer({
  version,
  account,
  container,
}: ContainerTarget): ContainerTarget {
  return { version, account, container: versionsContainerOf(container) };
}

/** What a request changes of a container that its versions container must have as well; undefined where it is nothing. */
export function mirroredChanges(headers: Headers): Headers | undefined {
  const changes = headers.only(...MIRRORED, ...REMOVING);
  return changes.entries().next().done === true ? undefined : changes;
}

/** All that a versions container has of its container, also what the container has not: blank removes it. */
function mirrored(headers: Headers): Headers {
  return Headers.of(Object.fromEntries(MIRRORED.map((name) => [name, headers.get(name) ?? ''])));
}

/** The versions containers of a store, asked for on behalf of one client's request. */
export class VersionsContainers {
  /** @param next the rest of the pipeline */
  constructor(private readonly next: Handler) {}

  /**
   * Makes the versions container of a container, or makes one that is there like it: with its ACLs, its quota, what it tells browsers, and its
   * storage policy. To be called again where it turns out to be gone.
   *
   * @param own what the proxy asks on a right to the container, or to an object in it
   * @param first there where the container itself may not be there yet: with the storage policy that it will have
   * @returns whether it was not there
   * @throws StoreError `refused` where the store does not take it, `unavailable` where it did not answer
   */
  async make(
    own: Request,
    container: ContainerTarget,
    first?: { readonly policy: string | undefined },
  ): Promise<boolean> {
    const client = new SwiftClient(this.next, own);
    const head = await client.head(container);
    const isThere = head.status < 300;
    if (!isThere && !(first && head.status === 404))
      throw storeErrorOf(head, 'the container could not be looked at');
    const headers = isThere ? head.headers : Headers.none;
    const like = mirrored(headers);
    const chosen = headers.get('x-storage-policy') ?? first?.policy;
    const target = versionsContainer(container);
    const wanted = chosen === undefined ? like : like.with('X-Storage-Policy', chosen);
    const put = await client.put(target, { headers: wanted });
    // there, with another policy
    const made = put.status === 409 ? await repeat(client, put, target, like) : put;
    await expectSuccess(made, 'the container for its versions could not be made');
    return made.status === 201;
  }

  /** Changes a versions container as its container is about to be changed, in the client's own name. */
  change(request: Request, container: ContainerTarget, changes: Headers): Promise<Response> {
    const place = versionsContainer(container);
    return new SwiftClient(this.next, request, 'client').post(place, { headers: changes });
  }
}

async function repeat(
  client: SwiftClient,
  put: Response,
  target: ContainerTarget,
  headers: Headers,
): Promise<Response> {
  await drain(put.body);
  return client.post(target, { headers });
}
