import { drain } from '../../../http/body';
import { credentials, Headers } from '../../../http/headers';
import { subrequest, type Handler, type Request, type Response } from '../../../swift_api/message';
import { formatTarget, type ContainerTarget } from '../../../swift_api/target';
import { versionsContainerOf } from '../version_names';
import { StoreError } from '../../../util/store_error';
import { expectSuccess } from '../../store/responses';

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
    const head = await this.ask(own, 'HEAD', container);
    await drain(head.body);
    const isThere = head.status < 300;
    if (!isThere && !(first && head.status === 404))
      throw failed(head, 'the container could not be looked at');
    const headers = isThere ? head.headers : Headers.none;
    const like = mirrored(headers);
    const chosen = headers.get('x-storage-policy') ?? first?.policy;
    const target = versionsContainer(container);
    const put = await this.ask(
      own,
      'PUT',
      target,
      chosen === undefined ? like : like.with('X-Storage-Policy', chosen),
    );
    // there, with another policy
    const made = put.status === 409 ? await this.again(own, put, target, like) : put;
    await expectSuccess(made, 'the container for its versions could not be made');
    return made.status === 201;
  }

  /** Changes a versions container as its container is about to be changed, in the client's own name. */
  change(request: Request, container: ContainerTarget, changes: Headers): Promise<Response> {
    const headers = credentials(request.headers).withAll(changes);
    const path = formatTarget(versionsContainer(container));
    return this.next(subrequest(request, { method: 'POST', path, headers }));
  }

  private async again(own: Request, put: Response, target: ContainerTarget, like: Headers) {
    await drain(put.body);
    return this.ask(own, 'POST', target, like);
  }

  private ask(
    own: Request,
    method: string,
    target: ContainerTarget,
    given = Headers.none,
  ): Promise<Response> {
    const headers = own.authority === 'client' ? credentials(own.headers).withAll(given) : given;
    return this.next(subrequest(own, { method, path: formatTarget(target), headers }));
  }
}

function failed({ status }: Response, failure: string): StoreError {
  return new StoreError(
    status < 500 ? 'refused' : 'unavailable',
    `${failure}: the store answered ${status}`,
    status,
  );
}
