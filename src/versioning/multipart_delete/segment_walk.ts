import { z } from 'zod';
import { isVersionsContainer } from '../object_versioning/version_names';
import { page } from '../../swift_api/responses';
import { drain, readAll } from '../../http/body';
import { isTrueValue, type ByteString } from '../../http/bytes';
import { readJson, UnreadableJson } from '../../formats/json';
import { type Handler, type Response } from '../../swift_api/message';
import { formatQuery, type ObjectTarget } from '../../swift_api/target';
import { segmentPlace } from '../../swift_api/segments';
import { StoreError } from '../../util/store_error';
import { VERSION_ID, type ObjectCall } from '../calls';
import { refuseSegment } from '../object_versioning/containers/hidden_names';
import { SwiftClient } from '../../swift_api/client';

/** Swift's own bounds: bytes of a manifest, and manifests and segments that one request may delete. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;
const MAX_PARTS = 10_000;

const Manifest = z.array(
  z.object({ name: z.string().optional(), sub_slo: z.boolean().optional() }),
);

/** Why nothing is known of what a manifest names, as Swift reports it. */
export interface Problem {
  /** 404 if there is no manifest; 401 and 403 if the client has not the right to read it. */
  readonly status: number;
  readonly reason: string;
}

/** A manifest or a segment of a large object. */
export interface Part {
  readonly target: ObjectTarget;
  /** The part of the query that names a version; '' if it is the object itself. */
  readonly version: string;
  readonly isManifest: boolean;
  problem?: Problem;
}

/** What a static large object consists of. */
export interface LargeObject {
  /** The one asked for. */
  readonly root: Part;
  /** The segments that its own manifest names. */
  readonly segments: readonly Part[];
  /** All parts, in the order in which they were found. */
  readonly parts: readonly Part[];
  /** The same in the order in which Swift deletes them: each manifest after its segments. */
  readonly inOrder: readonly Part[];
}

/** Reads the manifest of a large object, and the manifests among its segments, as the client that asks to delete it. */
export class Walk {
  /** Makes requests in the client's name. */
  readonly client: SwiftClient;
  private readonly parts: Part[] = [];

  /**
   * @param handler answers as for the client
   * @param hides whether there are containers that no client reaches
   */
  constructor(
    private readonly call: ObjectCall,
    handler: Handler,
    private readonly hides: boolean,
  ) {
    // what the client's filter judges is judged of what it asked for, which is the first of many
    const { request } = call;
    const asClient: Handler = (own) => handler(request.dialect ? { ...own, dialect: {} } : own);
    this.client = new SwiftClient(asClient, request, 'client');
  }

  /**
   * @returns the refusal if a manifest cannot be read as the store reads it, or leads where no client may
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
    const own = await this.segmentsOf(root);
    if ('status' in own) return own;
    const inOrder: Part[] = [];
    const queue = [...own.map(unread), { part: root, isRead: true }];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { part, isRead } = next;
      if (isRead || !part.isManifest) {
        inOrder.push(part);
        continue;
      }
      const segments = await this.segmentsOf(part);
      if ('status' in segments) return segments;
      queue.push(...segments.map(unread), { part, isRead: true });
      if (this.parts.length > MAX_PARTS) throw tooMany();
    }
    return { root, segments: own, parts: this.parts, inOrder };
  }

  private async segmentsOf(part: Part): Promise<Part[] | Response> {
    const lines = await this.readManifest(part);
    if (!Array.isArray(lines)) return lines;
    const { version, account } = part.target;
    const segments: Part[] = [];
    for (const { name, sub_slo } of lines) {
      if (name === undefined) continue;
      const place = segmentPlace(name);
      if (this.hides && isVersionsContainer(place.container)) return refuseSegment();
      if (place.object === '') continue;
      const target = { version, account, ...place };
      segments.push({ target, version: '', isManifest: sub_slo === true });
    }
    this.parts.push(...segments);
    return segments;
  }

  /** The lines of a manifest; none if there is a problem with it. */
  private async readManifest(part: Part): Promise<z.infer<typeof Manifest> | Response> {
    const query = `multipart-manifest=get&${part.version}`;
    const response = await this.client.get(part.target, { query });
    if (response.status !== 200 || !isTrueValue(response.headers.get('x-static-large-object'))) {
      await drain(response.body);
      part.problem = problemOf(response);
      return [];
    }
    const body = await readAll(response.body, MAX_MANIFEST_BYTES).catch((cause: unknown) => {
      throw new StoreError('unavailable', 'a manifest broke off', undefined, { cause });
    });
    return (body && linesOf(body)) ?? unreadable(part.target);
  }
}

const unread = (part: Part) => ({ part, isRead: false });

function linesOf(body: Buffer): z.infer<typeof Manifest> | undefined {
  try {
    return Manifest.safeParse(readJson(body)).data;
  } catch (error) {
    if (error instanceof UnreadableJson) return undefined;
    throw error;
  }
}

/** Whatever is in it, the store might know, and delete what it names. */
function unreadable({ container, object }: ObjectTarget): Response {
  return page(400, `The manifest of ${nameOf({ container, object })} cannot be read\n`);
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

function tooMany(): StoreError {
  return new StoreError(
    'refused',
    `a large object of more than ${MAX_PARTS} parts is not deleted in one request`,
  );
}

/** What reports call an object. */
export function nameOf({
  container,
  object,
}: Pick<ObjectTarget, 'container' | 'object'>): ByteString {
  return `/${container}/${object}`;
}
