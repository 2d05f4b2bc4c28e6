import { chunks } from '../../../http/body';
import { LIMITS } from '../../../swift_api/constraints';
import type { Request } from '../../../swift_api/message';
import type { ContentRef, Storage } from '../storage/storage';
import { refuse } from './answers';
import { normalEtag } from '../../../swift_api/conditions';

/**
 * Takes in bytes, checks them, and has them made an object of; whatever goes wrong, nothing of them stays.
 *
 * @param length how many bytes there must be
 * @param etag what their MD5 must be
 */
export async function receive<T>(
  storage: Storage,
  source: AsyncIterable<Buffer>,
  { length, etag }: { readonly length?: number | undefined; readonly etag?: string | undefined },
  keep: (content: ContentRef) => Promise<T>,
): Promise<T> {
  const incoming = storage.receive();
  try {
    let seen = 0;
    for await (const chunk of source) {
      seen += chunk.length;
      if (seen > LIMITS.max_file_size) throw refuse(413);
      if (chunk.length > 0) await incoming.write(chunk);
    }
    if (length !== undefined && seen < length) throw refuse(499);
    const content = await incoming.finish();
    if (etag && normalEtag(etag).toLowerCase() !== content.etag) throw refuse(422);
    return await keep(content);
  } catch (error) {
    await incoming.discard();
    throw error;
  }
}

/** The body of a PUT, with what its headers say of it. A client that waits for `100 Continue` is told to send. */
export async function receiveBody<T>(
  storage: Storage,
  request: Request,
  keep: (content: ContentRef) => Promise<T>,
): Promise<T> {
  request.sendContinue?.();
  const length = request.headers.get('content-length');
  const expected = {
    length: length === undefined ? undefined : Number(length),
    etag: request.headers.get('etag'),
  };
  return receive(storage, chunks(request.body), expected, keep);
}
