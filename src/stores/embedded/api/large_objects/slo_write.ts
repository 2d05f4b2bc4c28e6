import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { holdBody } from '../../../../swift_api/held_body';
import {
  manifestBounds,
  tooManySegments,
  DEFAULT_LIMITS,
} from '../../../../swift_api/manifest_bounds';
import { TurnBudget } from '../../../../util/turns';
import {
  bulkResponse,
  bulkHeaders,
  bulkType,
  render,
  type Facts,
  type Problem,
} from '../../../../swift_api/bulk/report';
import { isText, isTrueValue, quote, toBytes, toText } from '../../../../http/bytes';
import type { Response } from '../../../../swift_api/message';
import type { ObjectRecord } from '../../storage/storage';
import { REASONS, statusLine } from '../../../../swift_api/reasons';
import { Refused, refuse } from '../answers';
import { authorise, type ObjectCall } from '../call';
import { commit, createdResponse, draftOf, type Draft } from '../draft';
import { unquoteEtag } from '../../../../swift_api/conditions';
import { parseRanges } from '../../../../http/ranges';
import { openView } from '../read';
import { receive } from '../receive';
import {
  formatManifest,
  parseManifest,
  SLO_ETAG,
  SLO_SIZE,
  type RequestedSegment,
} from './slo_manifest';
import {
  segmentRange,
  segmentTarget,
  type ObjectSegment,
  type StoredSegment,
} from '../../../../swift_api/stored_manifest';
import { httpDate } from '../../../../swift_api/times';
import { X_STATIC_LARGE_OBJECT } from '../../../../swift_api/header_names';

/**
 * Answers PUT with `?multipart-manifest=put` (Swift's
 * `StaticLargeObject.handle_multipart_put`).
 */
export async function putLargeObject(call: ObjectCall): Promise<Response> {
  return storeManifest(call, () => draftOf(call), await readBody(call));
}

/**
 * Makes a large object from a manifest in the form in which clients put it, after
 * checking all of its segments.
 *
 * @param draft makes the draft of the object; called only after the checks, since Swift's
 *   `slo` runs before access control
 */
export async function storeManifest(
  call: ObjectCall,
  draft: () => Draft,
  manifest: Buffer,
): Promise<Response> {
  const { request, target, query } = call;
  const entries = await parseManifest(manifest, target);
  const { segments: max } = DEFAULT_LIMITS;
  if (entries.filter((each) => 'path' in each).length > max)
    throw new Refused(tooManySegments(max));
  const type = bulkType(request) ?? 'text/plain';
  const problems: Problem[] = [];
  const segments = await resolveSegments(call, entries, problems);
  const isHeartbeat = isTrueValue(query.get('heartbeat'));
  if (problems.length > 0) {
    if (!isHeartbeat) return bulkResponse(400, type, {}, problems, 'upload');
    return heartbeat(
      type,
      { ...responseStatus(400), 'Response Body': statusReason(400) },
      problems,
    );
  }
  const etag = largeEtag(segments);
  const requestEtag = unquoteEtag(request.headers.get('etag') ?? '');
  if (requestEtag !== '' && requestEtag !== etag) {
    return isHeartbeat
      ? heartbeat(type, { ...responseStatus(422), 'Response Body': statusReason(422) })
      : refuse(422).response;
  }
  if (!isHeartbeat)
    return createdResponse(await storeObject(call, draft(), segments, etag), `"${etag}"`);
  return heartbeat(
    type,
    await storeForHeartbeat(() => storeObject(call, draft(), segments, etag), etag),
  );
}

async function storeObject(
  call: ObjectCall,
  draft: Draft,
  segments: readonly StoredSegment[],
  etag: string,
): Promise<ObjectRecord> {
  const size = segments.reduce((sum, segment) => sum + lengthOf(segment), 0);
  const attributes = {
    ...draft.attributes,
    'x-static-large-object': 'True',
    [SLO_ETAG]: etag,
    [SLO_SIZE]: String(size),
  };
  const listed = { bytes: size, extra: { slo_etag: `"${etag}"` } };
  const record = await receive(call.storage, singleChunk(formatManifest(segments)), {}, (content) =>
    commit(call, { ...draft, attributes, listed }, content),
  );
  if (record === undefined) throw new Error('content that was just received is gone');
  return record;
}

/** Stores the manifest, and returns the result for a response that has already begun. */
async function storeForHeartbeat(
  attempt: () => Promise<ObjectRecord>,
  etag: string,
): Promise<Readonly<Record<string, string>>> {
  try {
    const { timestamp } = await attempt();
    return {
      ...responseStatus(201),
      Etag: `"${etag}"`,
      'Last Modified': httpDate(timestamp),
      'Response Body': '',
    };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status, body } = error.response;
    return {
      ...responseStatus(status),
      'Response Body': Buffer.isBuffer(body) ? body.toString('utf8') : '',
    };
  }
}

const responseStatus = (status: number) => ({ 'Response Status': statusLine(status) });
const statusReason = (status: number) => REASONS[status]?.join('\n') ?? '';

/** Reads the manifest, only from a client that may put it. */
async function readBody(call: ObjectCall): Promise<Buffer> {
  const { request, target } = call;
  const body = await holdBody(request, {
    account: target.account,
    right: () => Promise.resolve(refusalOf(call)),
    bounds: manifestBounds(() => Promise.resolve(DEFAULT_LIMITS)),
  });
  if ('status' in body) throw new Refused(body);
  const length = request.headers.get('content-length');
  if (length !== undefined && body.length < Number(length)) throw refuse(499);
  return body;
}

function refusalOf(call: ObjectCall): Response | undefined {
  const { target, storage } = call;
  try {
    authorise(call, 'PUT', target, storage.container(target.account, target.container));
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.response;
    throw error;
  }
}

async function* singleChunk(chunk: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(chunk);
}

/** Builds a heartbeat response: 202 at once, the result in a body of unknown length. */
function heartbeat(type: string, facts: Facts, problems: readonly Problem[] = []): Response {
  const parts = [' ', `\r\n\r\n${render(type, facts, problems, 'upload')}`];
  const body = Readable.from(
    parts.map((part) => Buffer.from(part)),
    { objectMode: false },
  );
  return { status: 202, headers: bulkHeaders(type), body };
}

/** Segments checked before others get a turn, since the storage answers synchronously. */
const SEGMENTS_IN_TURN = 100;

/** Returns what the manifest stores of each segment; adds what is wrong to `problems`. */
async function resolveSegments(
  call: ObjectCall,
  entries: readonly RequestedSegment[],
  problems: Problem[],
): Promise<StoredSegment[]> {
  const segments: StoredSegment[] = [];
  const turns = new TurnBudget(SEGMENTS_IN_TURN);
  for (const [at, each] of entries.entries()) {
    await turns.spend();
    if ('data' in each) {
      segments.push({ data: each.data.toString('base64') });
      continue;
    }
    const mayBeEmpty = at === entries.length - 1;
    const segment = await checkSegment(call, each, mayBeEmpty, (reason) =>
      problems.push([quote(toBytes(each.path)), reason]),
    );
    if (segment !== undefined) segments.push(segment);
  }
  return segments;
}

async function checkSegment(
  call: ObjectCall,
  entry: Exclude<RequestedSegment, { data: Buffer }>,
  mayBeEmpty: boolean,
  addProblem: (reason: string) => void,
): Promise<ObjectSegment | undefined> {
  const head = { ...call.request, method: 'HEAD' };
  const target = segmentTarget(call.target, entry.path);
  const query = new Map<string, string>();
  if (!isText(toBytes(entry.path))) {
    addProblem(statusLine(412));
    return undefined;
  }
  const opened = await openView({ ...call, request: head, target, query }, 'HEAD').catch(statusOf);
  if (typeof opened === 'number') {
    addProblem(statusLine(opened));
    return undefined;
  }
  const { view, isRaw, record } = opened;
  const bytes = view.size ?? 0;
  const ranges = entry.range === undefined ? undefined : parseRanges(`bytes=${entry.range}`, bytes);
  const [range] = ranges ?? [];
  if (ranges?.length === 0) addProblem('Unsatisfiable Range');
  const isPart = range !== undefined && range[1] - range[0] + 1 < bytes;
  const length = isPart ? range[1] - range[0] + 1 : bytes;
  if (length < 1 && !mayBeEmpty) addProblem('Too small; each segment must be at least 1 byte.');
  if (entry.size !== undefined && entry.size !== bytes) addProblem('Size Mismatch');
  const hash = unquoteEtag(view.etag);
  if (entry.etag !== undefined && entry.etag !== hash) addProblem('Etag Mismatch');
  const seconds = Math.ceil(Number(view.timestamp));
  return {
    name: '/' + entry.path.replace(/^\/+/, ''),
    bytes,
    hash,
    content_type: toText(view.contentType.split(';')[0] ?? ''),
    last_modified: new Date(seconds * 1000).toISOString().replace('Z', '000'),
    ...(isPart ? { range: `${range[0]}-${range[1]}` } : {}),
    ...(!isRaw && isTrueValue(record.attributes[X_STATIC_LARGE_OBJECT]) ? { sub_slo: true } : {}),
  };
}

function statusOf(error: unknown): number {
  if (error instanceof Refused) return error.response.status;
  throw error;
}

function lengthOf(segment: StoredSegment): number {
  if ('data' in segment) return Buffer.from(segment.data, 'base64').length;
  const [first, last] = segmentRange(segment);
  return last - first + 1;
}

/** Computes the MD5 of the segments' MD5s, as Swift does. */
function largeEtag(segments: readonly StoredSegment[]): string {
  const etag = createHash('md5');
  for (const segment of segments) {
    if ('data' in segment) {
      etag.update(createHash('md5').update(Buffer.from(segment.data, 'base64')).digest('hex'));
    } else {
      etag.update(segment.range === undefined ? segment.hash : `${segment.hash}:${segment.range};`);
    }
  }
  return etag.digest('hex');
}
