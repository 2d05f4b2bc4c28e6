import type { ByteString } from '../http/bytes';
import type { Request } from '../swift_api/message';
import { copiedBy, isCopy } from '../swift_api/object_writes';
import {
  parseQuery,
  withoutParameter,
  type ContainerTarget,
  type ObjectTarget,
  type Target,
} from '../swift_api/target';

/** The parameter by which a request names a version. */
export const VERSION_ID = 'version-id';

/** A request, what it names, and its parameters, which are parsed at most once. */
export class Call<T extends Target = Target> {
  #query: ReadonlyMap<string, ByteString> | undefined;

  constructor(
    readonly request: Request,
    readonly target: T,
  ) {}

  get query(): ReadonlyMap<string, ByteString> {
    this.#query ??= this.request.query === '' ? NO_PARAMETERS : parseQuery(this.request.query);
    return this.#query;
  }
}

const NO_PARAMETERS: ReadonlyMap<string, ByteString> = new Map();

/** A request that names a container. */
export class ContainerCall extends Call<ContainerTarget> {
  /** The parameters as an object, with others in their place. */
  parameters(
    changes: Readonly<Record<string, ByteString | undefined>>,
  ): Readonly<Record<string, ByteString | undefined>> {
    return { ...Object.fromEntries(this.query), ...changes };
  }
}

/** A request that names an object. */
export class ObjectCall extends Call<ObjectTarget> {
  /** The version that the query names, as it came; undefined if it names none. */
  get versionId(): string | undefined {
    return this.query.get(VERSION_ID) || undefined;
  }

  /** The object that is copied, if the request is a copy. */
  get copySource(): ObjectTarget | undefined {
    return isCopy(this.request) ? copiedBy(this.request, this.target) : undefined;
  }

  /** Whether a static large object is deleted with its segments. */
  get isMultipartDelete(): boolean {
    return this.request.method === 'DELETE' && this.query.get('multipart-manifest') === 'delete';
  }

  /** The same call for the object itself, whatever version the query names. */
  withoutVersion(): ObjectCall {
    const query = withoutParameter(this.request.query, VERSION_ID);
    return new ObjectCall({ ...this.request, query }, this.target);
  }

  /** Another request for the same object. */
  with(request: Request): ObjectCall {
    return new ObjectCall(request, this.target);
  }
}
