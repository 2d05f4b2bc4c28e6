import type { Answer } from '../client';
import { NULL } from '../../judges/buckets/model';
import {
  escapedKey,
  markOf,
  TYPE,
  unexpected,
  type Seen,
  type Speaker,
  type Told,
} from './speaker';
import type { Asked } from './xml_speaker';

interface Version {
  readonly key: string;
  readonly is_latest: boolean;
  readonly delete_marker: boolean;
  readonly version_id: string;
  readonly size: number;
  readonly etag: string;
}

interface Listing<Key> {
  readonly keys: readonly Key[];
  readonly has_more: boolean;
  readonly next_key_marker: string;
  readonly next_version_id_marker: string;
}

const STATUSES = { ENABLED: 'Enabled', SUSPENDED: 'Suspended', DISABLED: 'never' } as const;

/**
 * A bucket through QingStor's API.
 *
 * @param bucket the name in the source of a copy
 */
export function qsSpeaker(bucket: string, send: (request: Asked) => Promise<Answer>): Speaker {
  const name = 'QingStor';
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
  const idOf = ({ headers }: Answer) => headers.get('x-qs-version-id') ?? NULL;
  const headersFor = (body: string) => ({ 'content-type': TYPE, 'x-qs-meta-mark': markOf(body) });
  const json = async (query: Asked['query']): Promise<unknown> =>
    JSON.parse((await must({ method: 'GET', query: query ?? {} }, 200)).body.toString());
  return {
    name,
    create: async () => {
      await must({ method: 'PUT' }, 201);
    },
    setVersioning: async (status) => {
      const body = JSON.stringify({ status: status.toUpperCase() });
      await must({ method: 'PUT', query: { versioning: '' }, body }, 200);
    },
    versioning: async () => {
      const { status } = (await json({ versioning: '' })) as { status: keyof typeof STATUSES };
      return STATUSES[status];
    },
    put: async (key, body) => ({
      id: idOf(await must({ method: 'PUT', key, headers: headersFor(body), body }, 201)),
    }),
    multipart: async (key, body) => {
      const begun = await must(
        { method: 'POST', key, query: { uploads: '' }, headers: headersFor(body) },
        200,
      );
      const { upload_id } = JSON.parse(begun.body.toString()) as { upload_id: string };
      await must({ method: 'PUT', key, query: { part_number: 0, upload_id }, body }, 201);
      const complete = JSON.stringify({ object_parts: [{ part_number: 0 }] });
      return {
        id: idOf(await must({ method: 'POST', key, query: { upload_id }, body: complete }, 201)),
      };
    },
    copy: async (key, from, id): Promise<Told> => {
      const source = `/${bucket}/${escapedKey(from)}${id === undefined ? '' : `?version_id=${id}`}`;
      const headers = { 'x-qs-copy-source': source };
      const answer = await must({ method: 'PUT', key, headers }, 201, 400, 404, 405);
      if (answer.status !== 201) return { failed: answer.status === 404 ? 'nothing' : 'marker' };
      return { id: idOf(answer) };
    },
    remove: async (key, id) => ({
      id: idOf(await must({ method: 'DELETE', key, query: { version_id: id } }, 204)),
    }),
    read: async (key, id): Promise<Seen> => {
      const { status, headers, body } = await must(
        { method: 'GET', key, query: { version_id: id } },
        200,
        404,
        405,
      );
      if (status !== 200) return { is: status === 405 ? 'marker' : 'nothing' };
      const mark = headers.get('x-qs-meta-mark');
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
      const [key_marker, version_id_marker] = after ?? [];
      const listing = (await json({
        versions: '',
        limit,
        key_marker,
        version_id_marker,
      })) as Listing<Version>;
      const next = [listing.next_key_marker, listing.next_version_id_marker] as const;
      return { entries: listing.keys.map(toEntry), ...(listing.has_more ? { next } : {}) };
    },
    keys: async () =>
      ((await json({ limit: 1000 })) as Listing<{ key: string }>).keys.map(({ key }) => key),
  };
}

function toEntry({ key, is_latest, delete_marker, version_id, size, etag }: Version) {
  const entry = { key, id: version_id, latest: is_latest, marker: delete_marker };
  return delete_marker ? entry : { ...entry, size, etag: `"${etag}"` };
}
