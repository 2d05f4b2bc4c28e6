import type { Answer, Client } from '../client';
import { etagOf } from '../../judges/buckets/model';
import {
  escaped,
  escapedKey,
  markOf,
  TYPE,
  unexpected,
  type Seen,
  type Speaker,
  type Told,
} from './speaker';

interface Entry {
  readonly name: string;
  readonly version_id: string;
  readonly is_latest: boolean;
  readonly content_type: string;
  readonly bytes: number;
  readonly hash: string;
}

const MARKER_TYPE = 'application/x-deleted;swift_versions_deleted=1';

/** A container through Swift's own API. */
export function swiftSpeaker(client: Client, bucket: string): Speaker {
  const name = 'Swift';
  const at = (key: string, id?: string) =>
    `/${bucket}/${escapedKey(key)}${id === undefined ? '' : `?version-id=${id}`}`;
  const must = async (
    what: string,
    request: Promise<Answer>,
    ...statuses: number[]
  ): Promise<Answer> => {
    const answer = await request;
    if (!statuses.includes(answer.status)) throw unexpected(name, what, answer);
    return answer;
  };
  const write = async (what: string, request: Promise<Answer>): Promise<Told> => {
    const answer = await must(what, request, 201, 404);
    if (answer.status === 404) return { failed: 'nothing' };
    return { id: answer.headers.get('x-object-version-id') };
  };
  return {
    name,
    create: async () => {
      await must('creating', client.ask('PUT', `/${bucket}`), 201, 202);
    },
    setVersioning: async (status) => {
      const headers = { 'X-Versions-Enabled': String(status === 'Enabled') };
      await must('switching', client.ask('POST', `/${bucket}`, headers), 204);
    },
    versioning: async () => {
      const { headers } = await must('HEAD', client.ask('HEAD', `/${bucket}`), 204);
      const header = headers.get('x-versions-enabled');
      return header === undefined ? 'never' : header === 'True' ? 'Enabled' : 'Suspended';
    },
    put: (key, body) => {
      const headers = { 'Content-Type': TYPE, 'X-Object-Meta-Mark': markOf(body) };
      return write(`PUT of ${key}`, client.ask('PUT', at(key), headers, body));
    },
    multipart: undefined,
    copy: (key, from, id) => {
      const headers = { Destination: at(key) };
      return write(`COPY of ${from}`, client.ask('COPY', at(from, id), headers));
    },
    remove: async (key, id) => {
      const { headers } = await must(
        `DELETE of ${key}`,
        client.ask('DELETE', at(key, id)),
        204,
        404,
      );
      return { id: headers.get('x-object-version-id') };
    },
    read: async (key, id): Promise<Seen> => {
      const { status, headers, body } = await must(
        `GET of ${key}`,
        client.ask('GET', at(key, id)),
        200,
        404,
      );
      const type = headers.get('content-type');
      if (status === 404)
        return { is: id !== undefined && type === MARKER_TYPE ? 'marker' : 'nothing' };
      const etag = headers.get('etag') ?? '';
      return {
        is: 'content',
        body: body.toString(),
        etag,
        type,
        mark: headers.get('x-object-meta-mark'),
      };
    },
    page: async (limit, after) => {
      const behind = after ? `&marker=${escaped(after[0])}&version_marker=${after[1]}` : '';
      const path = `/${bucket}?versions&format=json&limit=${limit}${behind}`;
      const { body } = await must('GET ?versions', client.ask('GET', path), 200);
      const entries = JSON.parse(body.toString()) as Entry[];
      const last = entries.length < limit ? undefined : entries.at(-1);
      return {
        entries: entries.map(toEntry),
        ...(last ? { next: [last.name, last.version_id] as const } : {}),
      };
    },
    keys: () => client.names(bucket),
  };
}

function toEntry({ name, version_id, is_latest, content_type, bytes, hash }: Entry) {
  const marker = content_type === MARKER_TYPE;
  const entry = { key: name, id: version_id, latest: is_latest, marker };
  return marker ? entry : { ...entry, size: bytes, etag: `"${hash}"` };
}

/**
 * Whether an ETag in Swift's API can be that of a body; there, an upload in parts has a
 * different one.
 */
export function isEtagInSwift(etag: string, body: string, expected: string): boolean {
  return expected.includes('-') || etag.replaceAll('"', '') === etagOf(body).replaceAll('"', '');
}
