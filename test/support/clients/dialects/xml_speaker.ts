import type { Answer } from '../client';
import { NULL, type Versioning } from '../../judges/buckets/model';
import { pageOf, parametersOf } from '../s3/versions_document';
import { all, parseXml, textOf } from '../s3/xml';
import {
  escapedKey,
  markOf,
  TYPE,
  unexpected,
  type Seen,
  type Speaker,
  type Told,
} from './speaker';

/** A request for the bucket, or a key in it. */
export interface Asked {
  readonly method: string;
  readonly key?: string | undefined;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
}

/** An API in the style of S3's. */
export interface XmlApi {
  readonly name: string;
  /** The prefix of its own headers. */
  readonly prefix: string;
  /** The status for a delete marker requested by its id. */
  readonly markerStatus: number;
  readonly send: (request: Asked) => Promise<Answer>;
  /** The source of a copy, in the form of its header. */
  readonly source: (path: string) => string;
}

/** A bucket through an API in the style of S3's. */
export function xmlSpeaker({ name, prefix, markerStatus, send, source }: XmlApi): Speaker {
  const must = async (request: Asked, ...statuses: number[]): Promise<Answer> => {
    const answer = await send(request);
    if (!statuses.includes(answer.status))
      throw unexpected(
        name,
        `${request.method} ${request.key ?? ''} ${JSON.stringify(request.query ?? {})}`,
        answer,
      );
    return answer;
  };
  const idOf = ({ headers, body }: Answer) => {
    const header = headers.get(`${prefix}version-id`);
    const isDocument = header === undefined && body.length > 0;
    return header ?? (isDocument ? textOf(parseXml(body), 'VersionId') : undefined) ?? NULL;
  };
  const headersFor = (body: string) => ({
    'content-type': TYPE,
    [`${prefix}meta-mark`]: markOf(body),
  });
  const documentOf = async (query: Asked['query']) =>
    parseXml((await must({ method: 'GET', query: query ?? {} }, 200)).body);
  return {
    name,
    create: async () => {
      await must({ method: 'PUT' }, 200);
    },
    setVersioning: async (status) => {
      const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
      await must({ method: 'PUT', query: { versioning: '' }, body }, 200);
    },
    versioning: async () =>
      (textOf(await documentOf({ versioning: '' }), 'Status') ?? 'never') as Versioning,
    put: async (key, body) => ({
      id: idOf(await must({ method: 'PUT', key, headers: headersFor(body), body }, 200)),
    }),
    multipart: async (key, body) => {
      const begun = await must(
        { method: 'POST', key, query: { uploads: '' }, headers: headersFor(body) },
        200,
      );
      const uploadId = textOf(parseXml(begun.body), 'UploadId') ?? '';
      const part = await must(
        { method: 'PUT', key, query: { partNumber: 1, uploadId }, body },
        200,
      );
      const list = `<Part><PartNumber>1</PartNumber><ETag>${part.headers.get('etag') ?? ''}</ETag></Part>`;
      const complete = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`;
      return {
        id: idOf(await must({ method: 'POST', key, query: { uploadId }, body: complete }, 200)),
      };
    },
    copy: async (key, from, id): Promise<Told> => {
      const of = escapedKey(from) + (id === undefined ? '' : `?versionId=${id}`);
      const headers = { [`${prefix}copy-source`]: source(of) };
      const answer = await must({ method: 'PUT', key, headers }, 200, 400, 404);
      if (answer.status !== 200) return { failed: answer.status === 404 ? 'nothing' : 'marker' };
      return { id: idOf(answer) };
    },
    remove: async (key, id) => ({
      id: idOf(await must({ method: 'DELETE', key, query: { versionId: id } }, 204)),
    }),
    read: async (key, id): Promise<Seen> => {
      const answer = await must({ method: 'GET', key, query: { versionId: id } }, 200, 404, 405);
      const { status, headers, body } = answer;
      const isMarker = headers.get(`${prefix}delete-marker`) === 'true';
      if (isMarker && id !== undefined && status !== markerStatus)
        throw unexpected(name, `a delete marker by its id, not ${markerStatus}`, answer);
      if (status !== 200) return { is: isMarker && id !== undefined ? 'marker' : 'nothing' };
      const mark = headers.get(`${prefix}meta-mark`);
      const etag = headers.get('etag') ?? '';
      return {
        is: 'content',
        body: body.toString(),
        etag,
        type: headers.get('content-type'),
        mark,
      };
    },
    page: async (limit, after) => {
      const [keyMarker, versionIdMarker] = after ?? [];
      const query = parametersOf({ maxKeys: limit, keyMarker, versionIdMarker });
      const { entries, next } = pageOf(await documentOf(query));
      const named = entries.map((each) => ({ ...each, id: each.id === '' ? NULL : each.id }));
      return { entries: named, ...(next ? { next: [next.key, next.id ?? ''] as const } : {}) };
    },
    keys: async () =>
      all(await documentOf({}), 'Contents').map((each) => textOf(each, 'Key') ?? ''),
  };
}
