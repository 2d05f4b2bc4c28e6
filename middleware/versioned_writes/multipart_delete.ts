import { z } from 'zod';
import { drain } from '../../src/http/body';
import { bulkType, DeleteSummary, deletedAnswer } from '../../src/http/bulk_answer';
import { toBytes, type ByteString } from '../../src/http/bytes';
import { credentials } from '../../src/http/headers';
import { subrequest, type Handler, type Request, type Response } from '../../src/http/message';
import {
  formatQuery,
  formatTarget,
  parseCopyHeader,
  parseQuery,
  type ObjectTarget,
} from '../../src/http/path';
import { parseAnswer, readAnswer } from '../../src/stores/answer';
import { StoreError } from '../../src/stores/error';
import { keepsVersions, type Settings } from './settings';

/** Swift's own bounds: bytes of a manifest, and manifests and segments that one request may delete. */
const MOST_MANIFEST_BYTES = 8 * 1024 * 1024;
const MOST_NAMES = 10_000;

const Manifest = z.array(z.object({ name: z.string().optional(), sub_slo: z.boolean().optional() }));

/** What a static large object consists of. */
interface Parts {
  /** Manifests, the one asked for first. */
  readonly manifests: ObjectTarget[];
  readonly segments: ObjectTarget[];
  /** The manifest that the client may not read, and so may not delete by either, as on Swift; and the status that says so. */
  readonly refused?: { readonly manifest: ObjectTarget; readonly status: number };
}

/** Whether a request deletes a static large object with its segments. */
export function isMultipartDelete(request: Request): boolean {
  return request.method === 'DELETE' && parseQuery(request.query).get('multipart-manifest') === 'delete';
}

/**
 * `DELETE ?multipart-manifest=delete` where a manifest or a segment lies in a versioned container: each is deleted as a client's
 * DELETE of its own, and answered as Swift answers (its `slo`). Manifests go before segments, since a manifest can be archived
 * only while its segments are there.
 *
 * @param handler the handler that keeps versions: reads the manifests, and is asked for one DELETE each
 * @returns undefined where nothing versioned is touched, and the store may do it all
 */
export async function multipartDelete(
  request: Request,
  target: ObjectTarget,
  settings: Pick<Settings, 'inForce'>,
  handler: Handler,
): Promise<Response | undefined> {
  const version = parseQuery(request.query).get('version-id');
  const queryOf = (part: ObjectTarget) =>
    part === target && version ? formatQuery({ 'version-id': version }) : '';
  const parts = await collect(request, target, queryOf, handler);
  if (!(await touchesVersions(request, [...parts.manifests, ...parts.segments], settings))) return undefined;
  const type = bulkType(request);
  const summary = new DeleteSummary();
  if (type === undefined) return deletedAnswer(type, summary.render(type, 406));
  const { refused } = parts;
  if (refused) {
    summary.add(nameOf(refused.manifest), refused.status);
    return deletedAnswer(type, summary.render(type));
  }
  for (const part of [...parts.manifests, ...parts.segments]) {
    const headers = credentials(request.headers);
    const asked = { method: 'DELETE', path: formatTarget(part), query: queryOf(part), headers };
    const response = await handler(inDialectOf(request, subrequest(request, asked)));
    await drain(response.body);
    summary.add(nameOf(part), response.status);
    const failed = response.status >= 300 && response.status !== 404;
    if (failed && part === parts.manifests[0]) break;
  }
  return deletedAnswer(type, summary.render(type));
}

function nameOf({ container, object }: ObjectTarget): ByteString {
  return `/${container}/${object}`;
}

async function touchesVersions(
  request: Request,
  parts: readonly ObjectTarget[],
  settings: Pick<Settings, 'inForce'>,
): Promise<boolean> {
  const asked = new Set<ByteString>();
  for (const { version, account, container } of parts) {
    if (asked.has(container)) continue;
    asked.add(container);
    if (keepsVersions(await settings.inForce(request, { version, account, container }))) return true;
  }
  return false;
}

async function collect(
  request: Request,
  target: ObjectTarget,
  queryOf: (part: ObjectTarget) => string,
  handler: Handler,
): Promise<Parts> {
  const parts: Parts = { manifests: [target], segments: [] };
  for (const manifest of parts.manifests) {
    const lines = await readManifest(request, manifest, queryOf(manifest), handler);
    if (typeof lines === 'number') return { ...parts, refused: { manifest, status: lines } };
    for (const { name, sub_slo } of lines) {
      const named = name === undefined ? undefined : parseName(toBytes(name));
      if (!named) continue;
      const part: ObjectTarget = { version: target.version, account: target.account, ...named };
      (sub_slo ? parts.manifests : parts.segments).push(part);
    }
    if (parts.manifests.length + parts.segments.length > MOST_NAMES) {
      throw new StoreError(
        'refused',
        `a large object of more than ${MOST_NAMES} parts is not deleted in one request`,
      );
    }
  }
  return parts;
}

/** What the client's filter judges is judged of what it asked for, which is the first of many. */
function inDialectOf({ dialect }: Request, own: Request): Request {
  return dialect ? { ...own, dialect: {} } : own;
}

/** Names in a manifest are not encoded. */
function parseName(name: ByteString): { container: ByteString; object: ByteString } | undefined {
  return parseCopyHeader(name.replaceAll('%', '%25'));
}

/** The lines of a manifest; none for what is no static large object; the status where the client has not the right to read. */
async function readManifest(
  request: Request,
  manifest: ObjectTarget,
  version: string,
  handler: Handler,
): Promise<z.infer<typeof Manifest> | number> {
  const query = `multipart-manifest=get&${version}`;
  const headers = credentials(request.headers);
  const path = formatTarget(manifest);
  const read = subrequest(request, { method: 'GET', path, query, headers });
  const response = await handler(inDialectOf(request, read));
  if (response.status !== 200 || response.headers.get('x-static-large-object')?.toLowerCase() !== 'true') {
    await drain(response.body);
    return [401, 403].includes(response.status) ? response.status : [];
  }
  return parseAnswer(
    Manifest,
    await readAnswer(response.body, MOST_MANIFEST_BYTES, 'a manifest'),
    'a manifest',
  );
}
