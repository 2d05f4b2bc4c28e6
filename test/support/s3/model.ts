import { createHash } from 'node:crypto';

/** The id of what was written without versions, or while they were suspended. */
export const NULL = 'null';

export type Versioning = 'never' | 'Enabled' | 'Suspended';

/** A version of an object, or a delete marker. */
export interface ModelVersion {
  readonly id: string;
  /** Undefined is a delete marker. */
  readonly content?: Content;
}

export interface Content {
  readonly body: string;
  readonly etag: string;
}

/** What is done to a bucket. Versions are named by their ids. */
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

/** What is answered to a change. */
export interface ModelAnswer {
  readonly status: number;
  /** AWS's code, where it is an error. */
  readonly code?: string;
  /** `x-amz-version-id`: an id, one that was never there before, anything, or that the header is not sent. */
  readonly versionId?: string | typeof NEW | typeof ANY;
  /** Whether `x-amz-delete-marker: true` is sent. */
  readonly deleteMarker?: boolean;
  readonly etag?: string;
  /** `x-amz-copy-source-version-id`. */
  readonly source?: string | typeof ANY;
}

/** Stands for an id that the store makes. */
export const NEW = Symbol('a new id');

/** Stands for what AWS does not say. */
export const ANY = Symbol('anything');

/**
 * A bucket as AWS S3 has it (User Guide, "Retaining multiple versions of objects with S3 Versioning", and recordings of its answers). Pure:
 * each change makes another. It knows nothing of requests, and makes no ids: who applies a change says which the store made.
 */
export class ModelBucket {
  constructor(
    readonly versioning: Versioning = 'never',
    /** The versions of each key, newest first; a key without versions is not there. */
    readonly objects: ReadonlyMap<string, readonly ModelVersion[]> = new Map(),
  ) {}

  /** What is answered to a change, and the bucket after it. */
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

  /** The bucket after a change. `id`: what the store made for a new version, if it made one. */
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

  /** A version by its id, the latest where none is said. */
  find(key: string, id?: string): ModelVersion | undefined {
    const versions = this.objects.get(key);
    return id === undefined ? versions?.[0] : versions?.find((version) => version.id === id);
  }

  /** What a GET is answered: the version that is sent, or the error. */
  read(
    key: string,
    id?: string,
  ): ModelVersion | { readonly code: string; readonly status: number } {
    const found = this.find(key, id);
    if (!found) return { status: 404, code: id === undefined ? 'NoSuchKey' : 'NoSuchVersion' };
    if (found.content) return found;
    return id === undefined
      ? { status: 404, code: 'NoSuchKey' }
      : { status: 405, code: 'MethodNotAllowed' };
  }

  #idOfWrite(): { versionId?: typeof NEW } {
    return this.versioning === 'Enabled' ? { versionId: NEW } : {};
  }

  #copied(change: Change & { kind: 'copy' }): ModelAnswer {
    const found = this.find(change.from, change.id);
    if (!found)
      return { status: 404, code: change.id === undefined ? 'NoSuchKey' : 'NoSuchVersion' };
    if (!found.content)
      return change.id === undefined
        ? { status: 404, code: 'NoSuchKey' }
        : { status: 400, code: 'InvalidRequest' };
    const source = this.versioning === 'never' ? ANY : found.id;
    return { status: 200, etag: etagOf(found.content.body), ...this.#idOfWrite(), source };
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
    const found = this.find(key, id);
    if (!found || this.versioning === 'never') return { status: 204, versionId: ANY };
    const marker = !found.content;
    return { status: 204, versionId: id, ...(marker ? { deleteMarker: true } : {}) };
  }

  /** With a version on top: while versions are not enabled it takes the place of the null version, wherever that stands. */
  #with(key: string, version: ModelVersion): ModelBucket {
    const before = this.objects.get(key) ?? [];
    const kept = this.versioning === 'Enabled' ? before : before.filter(({ id }) => id !== NULL);
    return this.#changed(key, [version, ...kept]);
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

/** The ETag of a body that was sent at once, with its quotes. */
export const etagOf = (body: string | Buffer): string =>
  `"${md5(Buffer.from(body)).toString('hex')}"`;

/** That of one that was sent in parts. */
export function multipartEtagOf(parts: readonly (string | Buffer)[]): string {
  const digests = Buffer.concat(parts.map((part) => md5(Buffer.from(part))));
  return `"${md5(digests).toString('hex')}-${parts.length}"`;
}

const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest();
