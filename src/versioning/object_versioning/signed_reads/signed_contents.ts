import { destroy, streamOf, type Body } from '../../../http/body';
import type { Headers } from '../../../http/headers';
import { readPieces, SegmentError, type Piece } from '../../../http/pieces';
import { bucketOfParts } from '../../../swift_api/reserved';
import { SwiftClient } from '../../../swift_api/client';
import { X_OBJECT_MANIFEST, X_TIMESTAMP } from '../../../swift_api/header_names';
import { readJson } from '../../../formats/json';
import { readResponse } from '../../../swift_api/json_response';
import type { Handler, Request, Response } from '../../../swift_api/message';
import { statusResponse, unauthorised } from '../../../swift_api/responses';
import {
  isStaticLargeObject,
  MAX_MANIFEST_BYTES,
  segmentRange,
  segmentTarget,
  StoredManifest,
  type ObjectSegment,
  type StoredSegment,
} from '../../../swift_api/stored_manifest';
import type { ContainerTarget, ObjectTarget } from '../../../swift_api/target';
import type { Power, Right } from '../../../swift_api/authority/authority';
import { signedAuthority } from '../../authority';
import { parseManifestHeader, readRange, serveDynamic, serveLarge } from '../segments';
import { isVersionsContainer } from '../version_names';
import type { SignedObject, SignedObjects } from './signed_objects';

/** How deep manifests may be nested, as in Swift. */
const MAX_DEPTH = 10;
/**
 * Shows objects to a client with a temporary URL: an object's own bytes, or those of its
 * segments, each of which must be within the scope of the URL, whoever named it.
 */
export class SignedContents {
  private readonly request: Request;

  /**
   * @param target what the URL names; manifests name segments in its account
   * @param handler lists containers as clients see them
   */
  constructor(
    private readonly objects: SignedObjects,
    private readonly target: ObjectTarget,
    private readonly handler: Handler,
    private readonly power: Power,
  ) {
    this.request = objects.request;
  }

  /**
   * Responds with an object, or with the refusal to read its segments.
   *
   * @returns undefined if it was replaced while it was read
   */
  async serve(object: SignedObject): Promise<Response | undefined> {
    const { headers } = object.head;
    try {
      if (isStaticLargeObject(headers)) return await this.serveStatic(object);
      if (headers.has(X_OBJECT_MANIFEST)) return await this.serveDynamic(headers);
      return await this.servePlain(object);
    } catch (error) {
      if (error instanceof SegmentError) return statusResponse(409);
      throw error;
    }
  }

  private async servePlain(object: SignedObject): Promise<Response | undefined> {
    const response = await this.objects.forward(object);
    const { headers } = response;
    if (!isStaticLargeObject(headers) && !headers.has(X_OBJECT_MANIFEST)) return response;
    destroy(response.body);
    return undefined;
  }

  private async serveStatic(object: SignedObject): Promise<Response | undefined> {
    const { request, objects } = this;
    const { headers, status } = await objects.headWhole(object);
    if (status >= 300 || !isStaticLargeObject(headers) || !isUnchanged(headers, object))
      return undefined;
    const segments = request.method === 'HEAD' ? [] : await this.readManifest(object);
    return (
      segments &&
      serveLarge(request, {
        headers,
        etag: headers.get('etag') ?? '',
        size: Number(headers.get('content-length')),
        pieces: this.piecesOf(segments, 1),
      })
    );
  }

  private async serveDynamic(headers: Headers): Promise<Response> {
    const { request, target, objects } = this;
    const manifest = parseManifestHeader(headers, target);
    const right = manifest && this.rightToList(manifest.container);
    if (right === undefined) return unauthorised(target.account);
    const authority = signedAuthority(this.power, right, manifest?.prefix);
    const client = new SwiftClient(this.handler, request, authority);
    return serveDynamic(request, { headers, target }, client, async (segment, first, last) => {
      const found = await this.find(segment.target);
      return isStaticLargeObject(found.head.headers)
        ? this.readNested(found, first, last, 1)
        : readRange(first, last, segment.bytes, (range) => objects.get(found, range));
    });
  }

  private rightToList(container: ContainerTarget): Right | undefined {
    const { container: name } = container;
    const isHidden = isVersionsContainer(name) || bucketOfParts(name) !== undefined;
    return isHidden ? undefined : this.objects.scope.rightToList(container);
  }

  private piecesOf(segments: readonly StoredSegment[], depth: number): Piece[] {
    return segments.map((segment): Piece => {
      if ('data' in segment) {
        const bytes = Buffer.from(segment.data, 'base64');
        return { size: bytes.length, read: (first, last) => bytes.subarray(first, last + 1) };
      }
      const [start, end] = segmentRange(segment);
      return {
        size: end - start + 1,
        isUnreadable: !this.objects.scope.covers(segmentTarget(this.target, segment.name)),
        read: (first, last) => this.readSegment(segment, start + first, start + last, depth),
      };
    });
  }

  private async readSegment(
    segment: ObjectSegment,
    first: number,
    last: number,
    depth: number,
  ): Promise<Body> {
    const found = await this.find(segmentTarget(this.target, segment.name));
    if (segment.sub_slo) return this.readNested(found, first, last, depth + 1);
    const { headers } = found.head;
    const etag = headers.get('etag')?.replaceAll('"', '');
    if (etag !== segment.hash || Number(headers.get('content-length')) !== segment.bytes)
      throw new SegmentError(`the segment ${segment.name} has changed since the manifest was put`);
    return readRange(first, last, segment.bytes, (range) =>
      this.objects.get(found, range.with('If-Match', segment.hash)),
    );
  }

  private async readNested(
    manifest: SignedObject,
    first: number,
    last: number,
    depth: number,
  ): Promise<Body> {
    if (depth > MAX_DEPTH) throw new SegmentError('manifests are nested too deeply');
    const segments = await this.readManifest(manifest);
    if (segments === undefined) throw new SegmentError('a manifest has changed');
    return streamOf(readPieces(this.piecesOf(segments, depth), first, last));
  }

  /** Finds a segment. @throws SegmentError if it is missing, or beyond the scope */
  private async find(target: ObjectTarget): Promise<SignedObject> {
    const found = await this.objects.find(target);
    if (!('status' in found)) return found;
    throw new SegmentError(`a segment was answered with ${found.status}`);
  }

  /** Returns the segments in a manifest; undefined if it was replaced meanwhile. */
  private async readManifest(object: SignedObject): Promise<StoredSegment[] | undefined> {
    const response = await this.objects.get(object);
    if (response.status !== 200 || !isUnchanged(response.headers, object)) {
      destroy(response.body);
      return undefined;
    }
    const body = await readResponse(response.body, MAX_MANIFEST_BYTES, 'a manifest');
    try {
      return StoredManifest.parse(readJson(body));
    } catch (cause) {
      throw new SegmentError('a manifest cannot be understood', { cause });
    }
  }
}

function isUnchanged(headers: Headers, { head }: SignedObject): boolean {
  return headers.get(X_TIMESTAMP) === head.headers.get(X_TIMESTAMP);
}
