import { BucketError } from '../../buckets/errors';
import { checksumHeaders } from '../../buckets/metadata';
import { removeObject, writeObject } from '../../buckets/writes';
import { readAll, type Body } from '../../http/body';
import { Headers } from '../../http/headers';
import { NO_BODY } from '../../swift_api/message';
import type { Operation, Route, Call } from './call';
import { keyOf } from './arguments';
import { empty } from './buckets';
import { versionOf, writeConditionOf } from './conditions';
import { checksumFields, describedBy, etagGiven, taggedBy } from './object_headers';

/** Bodies of so many bytes are received before they are written where something comes behind them that is to be kept. */
const RECEIVED_FIRST = 64 * 1024;

/** Behind those with parameters. */
export const plainWriteRoutes: readonly Route[] = [
  { name: 'PutObject', method: 'PUT', on: 'object', run: (call) => put(call) },
  { name: 'DeleteObject', method: 'DELETE', on: 'object', run: (call) => remove(call) },
];

const put: Operation = async (call) => {
  const { caller, payload } = call;
  const { length } = payload;
  if (length === undefined)
    throw new BucketError('missing-length', 'You must provide the Content-Length HTTP header.');
  const condition = writeConditionOf(call);
  const described = describedBy(call)
    .withAll(taggedBy(call) ?? Headers.none)
    .withAll(etagGiven(call));
  const body = await received(call, length);
  // what came behind a longer body is known too late to be kept with it
  const checksums = new Map([
    ...payload.checksums,
    ...(Buffer.isBuffer(body) ? payload.trailing() : []),
  ]);
  const headers = described.withAll(checksumHeaders(checksums));
  const written = await writeObject(caller, keyOf(call), { headers, body, length, condition });
  const shown = checksumFields(new Map([...checksums, ...payload.trailing()]));
  const answer = empty(200, {
    ETag: `"${written.etag}"`,
    'x-amz-version-id': idOf(written.versionId),
  });
  return { ...answer, headers: answer.headers.withAll(shown) };
};

/** The body, which is received first where that lets its checksum be kept. */
async function received({ request, payload }: Call, length: number): Promise<Body> {
  const { body } = payload;
  if (length > RECEIVED_FIRST || Buffer.isBuffer(body) || !request.headers.has('x-amz-trailer'))
    return body;
  request.sendContinue?.();
  return (await readAll(body, RECEIVED_FIRST)) ?? NO_BODY;
}

/** Of what was written while versions are switched off S3 tells no id. */
export function idOf(versionId: string | undefined): string | undefined {
  return versionId === 'null' ? undefined : versionId;
}

const remove: Operation = async (call) => {
  const ref = { ...keyOf(call), versionId: versionOf(call) };
  const { versionId, isMarker } = await removeObject(call.caller, ref, writeConditionOf(call));
  const headers = Headers.of({
    'x-amz-version-id': versionId,
    'x-amz-delete-marker': isMarker ? 'true' : undefined,
  });
  return { status: 204, headers, body: NO_BODY };
};
