import { destroy } from '../../src/http/body';
import { readResponse } from '../../src/swift_api/json_response';
import { toBytes, toText, unquote } from '../../src/http/bytes';
import { UnreadableJson } from '../../src/formats/json';
import { NotAList, readJsonList } from '../../src/formats/json_list';
import { SwiftClient } from '../../src/swift_api/client';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import { parseQuery, type ObjectTarget } from '../../src/swift_api/target';
import { segmentPaths, parseSegmentPath } from '../../src/swift_api/segments';
import { leadsToParts } from './named';
import { X_OBJECT_MANIFEST } from '../../src/swift_api/header_names';
import { isStaticLargeObject, MAX_MANIFEST_BYTES } from '../../src/swift_api/stored_manifest';

/** As many manifests as Swift deletes objects for one request. */
const MAX_MANIFESTS = 10_000;

/**
 * Whether the manifest that a client puts names parts of uploads; undefined if it cannot
 * be parsed.
 */
export async function namesParts(manifest: Buffer): Promise<boolean | undefined> {
  const segments = await segmentsIn(manifest);
  return segments?.some(isPart);
}

/**
 * Whether an object is made of parts of uploads, by its manifest or by a nested one; also
 * true if one of them cannot be read.
 *
 * @param source read in the client's name: a client can neither copy nor delete through a
 *   manifest that it may not read
 */
export async function isMadeOfParts(
  request: Request,
  source: ObjectTarget,
  next: Handler,
): Promise<boolean> {
  const id = parseQuery(request.query).get('version-id');
  const manifests = [{ target: source, version: id || undefined }];
  for (const { target, version } of manifests) {
    const segments = await segmentsOf(request, target, version, next);
    if (segments === undefined || segments.some(isPart)) return true;
    const { version: api, account } = target;
    for (const { path, isManifest } of segments) {
      if (!isManifest) continue;
      manifests.push({
        target: { version: api, account, ...parseSegmentPath(path) },
        version: undefined,
      });
    }
    if (manifests.length > MAX_MANIFESTS) return true;
  }
  return false;
}

interface Segment {
  /** Text, not encoded. */
  readonly path: string;
  readonly isManifest: boolean;
}

function isPart({ path }: Segment): boolean {
  return leadsToParts(toBytes(path));
}

/**
 * Returns the segments that a manifest names; none if the object is no manifest;
 * undefined if it cannot be read.
 */
async function segmentsOf(
  request: Request,
  target: ObjectTarget,
  version: string | undefined,
  next: Handler,
): Promise<readonly Segment[] | undefined> {
  const client = new SwiftClient(next, request);
  const query = { 'multipart-manifest': 'get', 'version-id': version };
  const head = await client.head(target, { query });
  const prefix = toText(unquote(head.headers.get(X_OBJECT_MANIFEST) ?? ''));
  if (head.status < 300 && prefix !== '') return [{ path: prefix, isManifest: false }];
  if (!isLarge(head)) return [];
  const response = await client.get(target, { query });
  if (!isLarge(response)) {
    destroy(response.body);
    return undefined;
  }
  return segmentsIn(await readResponse(response.body, MAX_MANIFEST_BYTES, 'a manifest'));
}

function isLarge({ status, headers }: Response): boolean {
  return status < 300 && isStaticLargeObject(headers);
}

/**
 * Returns the segments of a manifest as clients put it, or as the store keeps it;
 * undefined if it cannot be parsed.
 */
async function segmentsIn(manifest: Buffer): Promise<readonly Segment[] | undefined> {
  const segments: Segment[] = [];
  try {
    for await (const batch of readJsonList(manifest))
      for (const segment of batch)
        for (const path of segmentPaths([segment]))
          segments.push({ path, isManifest: isManifest(segment) });
    return segments;
  } catch (error) {
    if (error instanceof UnreadableJson || error instanceof NotAList) return undefined;
    throw error;
  }
}

function isManifest(segment: unknown): boolean {
  return (
    typeof segment === 'object' &&
    segment !== null &&
    'sub_slo' in segment &&
    segment.sub_slo === true
  );
}
