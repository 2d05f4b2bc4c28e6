import { readAll } from '../http/body';
import { SwiftClient } from './client';
import type { Handler, Request, Response } from './message';
import { htmlResponse } from './responses';
import { withoutParameter, type ObjectTarget } from './target';

/** Larger than any manifest that a store accepts. */
export const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;

/** What a copy reads its source with, besides the client's credentials. */
const CONDITIONS = [
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
];

/** The content of a copy's source that the store will read as a manifest. */
export interface CopiedManifest {
  readonly content: Buffer;
  readonly etag: string | undefined;
}

/**
 * Reads the source of a copy with `multipart-manifest=put` in the client's name, as Swift
 * does before it checks anything else.
 *
 * @returns the refusal, if the source cannot be read, or is no manifest by its length
 */
export async function readCopiedManifest(
  request: Request,
  source: ObjectTarget,
  handler: Handler,
): Promise<CopiedManifest | Response> {
  const query = withoutParameter(request.query, 'multipart-manifest');
  const headers = request.headers.only(...CONDITIONS);
  const response = await new SwiftClient(handler, request).get(source, { query, headers });
  // a copy is refused the same way as a read of its source
  if (response.status >= 300) return response;
  const content = await readAll(response.body, MAX_MANIFEST_BYTES);
  if (content === undefined) {
    const reason = `The manifest exceeds the limit of ${MAX_MANIFEST_BYTES} bytes\n`;
    return htmlResponse(413, reason);
  }
  return { content, etag: response.headers.get('etag') };
}

/** Swift's refusal of a manifest that is not JSON. */
export function unreadableManifest(): Response {
  return htmlResponse(400, 'Manifest must be valid JSON.\n');
}
