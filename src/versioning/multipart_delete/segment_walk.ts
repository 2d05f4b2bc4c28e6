import { z } from 'zod';
import { isVersionsContainer } from '../object_versioning/version_names';
import { htmlResponse } from '../../swift_api/responses';
import { drain, readAll } from '../../http/body';
import { type ByteString } from '../../http/bytes';
import { readJson, UnreadableJson } from '../../formats/json';
import { type Handler, type Response } from '../../swift_api/message';
import { formatQuery, type ObjectTarget } from '../../swift_api/target';
import { parseSegmentPath } from '../../swift_api/segments';
import { StoreError } from '../../util/store_error';
import { VERSION_ID, type ObjectCall } from '../calls';
import { refuseSegment } from '../object_versioning/containers/hidden_names';
import { SwiftClient } from '../../swift_api/client';
import { isStaticLargeObject } from '../../swift_api/stored_manifest';

/** Swift's limits: bytes of a manifest, and parts that one request may delete. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;
const MAX_PARTS = 10_000;

const Manifest = z.array(
  z.object({ name: z.string().optional(), sub_slo: z.boolean().optional() }),
);

/** Why a manifest could not be read, as Swift reports it. */
interface Problem {
  /** 404 if there is no manifest; 401 or 403 if the client has no right to read it. */
  readonly status: number;
  readonly reason: string;
}

/** A manifest or a segment of a large object. */
export interface Part {
  readonly target: ObjectTarget;
  /** The query parameter that names a version; '' for the object itself. */
  readonly version: string;
  readonly isManifest: boolean;
  problem?: Problem;
}

/** The parts of a static large object. */
export interface LargeObject {
  /** The manifest that the request names. */
  readonly root: Part;
  /** The segments that this manifest names. */
  readonly segments: readonly Part[];
  /** All parts, in the order of discovery. */
  readonly parts: readonly Part[];
  /** All parts in Swift's order of deletion: each manifest after its segments. */
  readonly inOrder: readonly Part[];
}

/**
 * Reads the manifest of a large object, and the manifests among its segments, in the name
 * of the client that deletes it.
 */
export class SegmentWalk {
  /** Makes requests in the client's name. */
  readonly client: SwiftClient;
  private readonly parts: Part[] = [];

  /**
   * @param handler handles requests in the client's name
   * @param hides whether there are containers that are hidden from clients
   */
  constructor(
    private readonly call: ObjectCall,
    handler: Handler,
    private readonly hides: boolean,
  ) {
    // the dialect's conditions apply to the client's request only, not to those derived
    // from it
    const { request } = call;
    const asClient: Handler = (subrequest) =>
      handler(request.dialect ? { ...subrequest, dialect: {} } : subrequest);
    this.client = new SwiftClient(asClient, request, 'client');
  }

  /**
   * @returns the refusal if a manifest cannot be parsed, or names a hidden container
   * @throws StoreError if there are too many parts
   */
  async read(): Promise<LargeObject | Response> {
    const { target, versionId } = this.call;
    const root: Part = {
      target,
      version: versionId ? formatQuery({ [VERSION_ID]: versionId }) : '',
      isManifest: true,
    };
    this.parts.push(root);
    const ownSegments = await this.readSegments(root);
    if ('status' in ownSegments) return ownSegments;
    const inOrder: Part[] = [];
    const queue = [...ownSegments.map(toUnread), { part: root, isRead: true }];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { part, isRead } = next;
      if (isRead || !part.isManifest) {
        inOrder.push(part);
        continue;
      }
      const segments = await this.readSegments(part);
      if ('status' in segments) return segments;
      queue.push(...segments.map(toUnread), { part, isRead: true });
      if (this.parts.length > MAX_PARTS) throw tooManyParts();
    }
    return { root, segments: ownSegments, parts: this.parts, inOrder };
  }

  private async readSegments(part: Part): Promise<Part[] | Response> {
    const lines = await this.readManifest(part);
    if (!Array.isArray(lines)) return lines;
    const { version, account } = part.target;
    const segments: Part[] = [];
    for (const { name, sub_slo } of lines) {
      if (name === undefined) continue;
      const place = parseSegmentPath(name);
      if (this.hides && isVersionsContainer(place.container)) return refuseSegment();
      if (place.object === '') continue;
      const target = { version, account, ...place };
      segments.push({ target, version: '', isManifest: sub_slo === true });
    }
    this.parts.push(...segments);
    return segments;
  }

  /** Returns the lines of a manifest; none if there is a problem with it. */
  private async readManifest(part: Part): Promise<z.infer<typeof Manifest> | Response> {
    const query = `multipart-manifest=get&${part.version}`;
    const response = await this.client.get(part.target, { query });
    if (response.status !== 200 || !isStaticLargeObject(response.headers)) {
      await drain(response.body);
      part.problem = problemOf(response);
      return [];
    }
    const body = await readAll(response.body, MAX_MANIFEST_BYTES).catch((cause: unknown) => {
      throw new StoreError('unavailable', 'the response with a manifest was cut short', undefined, {
        cause,
      });
    });
    return (body && parseManifest(body)) ?? refuseUnreadable(part.target);
  }
}

const toUnread = (part: Part) => ({ part, isRead: false });

function parseManifest(body: Buffer): z.infer<typeof Manifest> | undefined {
  try {
    return Manifest.safeParse(readJson(body)).data;
  } catch (error) {
    if (error instanceof UnreadableJson) return undefined;
    throw error;
  }
}

/** Refuses a manifest that the store might still parse, and then delete its segments. */
function refuseUnreadable({ container, object }: ObjectTarget): Response {
  return htmlResponse(400, `The manifest of ${reportName({ container, object })} cannot be read\n`);
}

function problemOf({ status }: Response): Problem {
  if (status < 300) return { status: 400, reason: 'Not an SLO manifest' };
  if (status === 404) return { status, reason: 'SLO manifest not found' };
  if (status === 401) return { status, reason: '401 Unauthorized' };
  return {
    status: status === 403 ? status : 500,
    reason: 'Unable to load SLO manifest or segment.',
  };
}

function tooManyParts(): StoreError {
  return new StoreError(
    'refused',
    `a large object of more than ${MAX_PARTS} parts cannot be deleted in one request`,
  );
}

/** Returns the name of an object in reports. */
export function reportName({
  container,
  object,
}: Pick<ObjectTarget, 'container' | 'object'>): ByteString {
  return `/${container}/${object}`;
}
