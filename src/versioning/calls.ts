import type { ByteString } from '../http/bytes';
import type { Request } from '../swift_api/message';
import { copySourceObject, isCopy } from '../swift_api/object_writes';
import {
  parseQuery,
  withoutParameter,
  type ContainerTarget,
  type ObjectTarget,
  type Target,
} from '../swift_api/target';

/** The query parameter that names a version. */
export const VERSION_ID = 'version-id';

/** A request, its target, and its parameters, which are parsed at most once. */
export class Call<T extends Target = Target> {
  #query: ReadonlyMap<string, ByteString> | undefined;

  /** @param earlier has the parameters, if its query is the same */
  constructor(
    readonly request: Request,
    readonly target: T,
    earlier?: Call,
  ) {
    if (earlier?.request.query === request.query) this.#query = earlier.#query;
  }

  get query(): ReadonlyMap<string, ByteString> {
    return (this.#query ??= parseQuery(this.request.query));
  }
}

/** A request for a container. */
export class ContainerCall extends Call<ContainerTarget> {
  /** Returns the parameters as an object, with `changes` applied. */
  parameters(
    changes: Readonly<Record<string, ByteString | undefined>>,
  ): Readonly<Record<string, ByteString | undefined>> {
    return { ...Object.fromEntries(this.query), ...changes };
  }
}

/** A request for an object. */
export class ObjectCall extends Call<ObjectTarget> {
  /** The version in the query, as it was sent; undefined if there is none. */
  get versionId(): string | undefined {
    return this.query.get(VERSION_ID) || undefined;
  }

  /** The source of the copy, if the request is one. */
  get copySource(): ObjectTarget | undefined {
    return isCopy(this.request) ? copySourceObject(this.request, this.target) : undefined;
  }

  /** Whether the request deletes a static large object with its segments. */
  get isMultipartDelete(): boolean {
    return this.request.method === 'DELETE' && this.query.get('multipart-manifest') === 'delete';
  }

  /** Returns the same call without a version in its query. */
  withoutVersion(): ObjectCall {
    const query = withoutParameter(this.request.query, VERSION_ID);
    return new ObjectCall({ ...this.request, query }, this.target);
  }

  /** Returns a call with another request for the same object. */
  withRequest(request: Request): ObjectCall {
    return new ObjectCall(request, this.target, this);
  }
}
