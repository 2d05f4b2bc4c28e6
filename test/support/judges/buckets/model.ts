import { createHash } from 'node:crypto';

/** The id of an object written without versioning, or while it was suspended. */
export const NULL = 'null';

export type Versioning = 'never' | 'Enabled' | 'Suspended';

/** A version of an object, or a delete marker. */
export interface ModelVersion {
  readonly id: string;
  /** Undefined for a delete marker. */
  readonly content?: Content;
}

interface Content {
  readonly body: string;
  readonly etag: string;
}

/** A change to a bucket. Versions are named by their ids. */
export type Change =
  | { readonly kind: 'versioning'; readonly status: 'Enabled' | 'Suspended' }
  | { readonly kind: 'put'; readonly key: string; readonly body: string }
  | { readonly kind: 'multipart'; readonly key: string; readonly body: string }
  | { readonly kind: 'delete'; readonly key: string; readonly id?: string | undefined }
  | {
      readonly kind: 'copy';
      readonly key: string;
      readonly from: string;
      readonly id?: string | undefined;
    };

/** The response to a change. */
export interface ModelAnswer {
  readonly status: number;
  /** AWS's code for an error. */
  readonly code?: string;
  /** `x-amz-version-id`: an id, a new one, anything, or (undefined) no header. */
  readonly versionId?: string | typeof NEW | typeof ANY;
  /** Whether `x-amz-delete-marker: true` is sent. */
  readonly deleteMarker?: boolean;
  readonly etag?: string;
  /** `x-amz-copy-source-version-id`. */
  readonly source?: string | typeof ANY;
}

/** A placeholder for an id that the store makes. */
export const NEW = Symbol('a new id');

/** A placeholder for a value that AWS does not document. */
export const ANY = Symbol('anything');

/**
 * A model of a bucket in AWS S3 (User Guide, "Retaining multiple versions of objects with
 * S3 Versioning", and recorded responses). It is immutable: each change returns another.
 * It knows nothing of requests and makes no ids: the caller passes the id that the store
 * made for a change.
 */
export class ModelBucket {
  constructor(
    readonly versioning: Versioning = 'never',
    /** The versions of each key, newest first; a key without versions is missing. */
    readonly objects: ReadonlyMap<string, readonly ModelVersion[]> = new Map(),
  ) {}

  /** The response to a change. */
  answer(change: Change): ModelAnswer {
    switch (change.kind) {
      case 'versioning':
        return { status: 200 };
      case 'put':
        return { status: 200, etag: etagOf(change.body), ...this.#idOfWrite() };
      case 'multipart':
        return { status: 200, etag: multipartEtagOf([change.body]), ...this.#idOfWrite() };
      case 'copy':
        return this.#copied(change);
      case 'delete':
        return change.id === undefined ? this.#marked() : this.#removed(change.key, change.id);
    }
  }

  /**
   * The bucket after a change. `id`: the id that the store made for a new version, if
   * any.
   */
  after(change: Change, id = NULL): ModelBucket {
    if (this.answer(change).status >= 300) return this;
    switch (change.kind) {
      case 'versioning':
        return new ModelBucket(change.status, this.objects);
      case 'put':
        return this.#with(change.key, {
          id,
          content: { body: change.body, etag: etagOf(change.body) },
        });
      case 'multipart':
        return this.#with(change.key, {
          id,
          content: { body: change.body, etag: multipartEtagOf([change.body]) },
        });
      case 'copy': {
        const body = this.find(change.from, change.id)?.content?.body ?? '';
        return this.#with(change.key, { id, content: { body, etag: etagOf(body) } });
      }
      case 'delete':
        if (change.id !== undefined) return this.#without(change.key, change.id);
        return this.versioning === 'never'
          ? this.#without(change.key, NULL)
          : this.#with(change.key, { id });
    }
  }

  /** A version by its id, by default the latest. */
  find(key: string, id?: string): ModelVersion | undefined {
    const versions = this.objects.get(key);
    return id === undefined ? versions?.[0] : versions?.find((version) => version.id === id);
  }

  /** The response to a GET: the version that is sent, or the error. */
  read(
    key: string,
    id?: string,
  ): ModelVersion | { readonly code: string; readonly status: number } {
    const version = this.find(key, id);
    if (!version) return { status: 404, code: id === undefined ? 'NoSuchKey' : 'NoSuchVersion' };
    if (version.content) return version;
    return id === undefined
      ? { status: 404, code: 'NoSuchKey' }
      : { status: 405, code: 'MethodNotAllowed' };
  }

  #idOfWrite(): { versionId?: typeof NEW } {
    return this.versioning === 'Enabled' ? { versionId: NEW } : {};
  }

  #copied(change: Change & { kind: 'copy' }): ModelAnswer {
    const version = this.find(change.from, change.id);
    if (!version)
      return { status: 404, code: change.id === undefined ? 'NoSuchKey' : 'NoSuchVersion' };
    if (!version.content)
      return change.id === undefined
        ? { status: 404, code: 'NoSuchKey' }
        : { status: 400, code: 'InvalidRequest' };
    const source = this.versioning === 'never' ? ANY : version.id;
    return { status: 200, etag: etagOf(version.content.body), ...this.#idOfWrite(), source };
  }

  #marked(): ModelAnswer {
    if (this.versioning === 'never') return { status: 204 };
    return {
      status: 204,
      deleteMarker: true,
      versionId: this.versioning === 'Enabled' ? NEW : NULL,
    };
  }

  #removed(key: string, id: string): ModelAnswer {
    const version = this.find(key, id);
    if (!version || this.versioning === 'never') return { status: 204, versionId: ANY };
    const marker = !version.content;
    return { status: 204, versionId: id, ...(marker ? { deleteMarker: true } : {}) };
  }

  /**
   * Adds a version on top. Unless versioning is enabled, it replaces the null version,
   * wherever that is.
   */
  #with(key: string, version: ModelVersion): ModelBucket {
    const before = this.objects.get(key) ?? [];
    const others = this.versioning === 'Enabled' ? before : before.filter(({ id }) => id !== NULL);
    return this.#changed(key, [version, ...others]);
  }

  #without(key: string, id: string): ModelBucket {
    return this.#changed(
      key,
      (this.objects.get(key) ?? []).filter((version) => version.id !== id),
    );
  }

  #changed(key: string, versions: readonly ModelVersion[]): ModelBucket {
    const objects = new Map(this.objects);
    if (versions.length > 0) objects.set(key, versions);
    else objects.delete(key);
    return new ModelBucket(this.versioning, objects);
  }
}

/** The ETag of a body that was sent whole, with its quotes. */
export const etagOf = (body: string | Buffer): string =>
  `"${md5(Buffer.from(body)).toString('hex')}"`;

/** The ETag of a body that was sent in parts. */
export function multipartEtagOf(parts: readonly (string | Buffer)[]): string {
  const digests = Buffer.concat(parts.map((part) => md5(Buffer.from(part))));
  return `"${md5(digests).toString('hex')}-${parts.length}"`;
}

const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest();
