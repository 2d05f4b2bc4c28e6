import { chunks } from '../../../http/body';
import { LIMITS } from '../../../swift_api/constraints';
import type { Request } from '../../../swift_api/message';
import type { ContentRef, Storage } from '../storage/storage';
import { refuse } from './answers';
import { unquoteEtag } from '../../../swift_api/conditions';

/**
 * Receives bytes, checks them, and commits them as the content of an object; discards
 * them on any failure.
 *
 * @param length how many bytes there must be
 * @param etag what their MD5 must be, in lower case
 */
export async function receive<T>(
  storage: Storage,
  source: AsyncIterable<Buffer>,
  { length, etag }: { readonly length?: number | undefined; readonly etag?: string | undefined },
  commit: (content: ContentRef) => Promise<T>,
): Promise<T> {
  const upload = storage.receive();
  try {
    let size = 0;
    for await (const chunk of source) {
      size += chunk.length;
      if (size > LIMITS.max_file_size) throw refuse(413);
      if (chunk.length > 0) await upload.write(chunk);
    }
    if (length !== undefined && size < length) throw refuse(499);
    const content = await upload.finish();
    if (etag && unquoteEtag(etag) !== content.etag) throw refuse(422);
    return await commit(content);
  } catch (error) {
    await upload.discard();
    throw error;
  }
}

/**
 * Receives the body of a PUT, and checks it against its headers. Asks a client that waits
 * for `100 Continue` to send.
 */
export async function receiveBody<T>(
  storage: Storage,
  request: Request,
  commit: (content: ContentRef) => Promise<T>,
): Promise<T> {
  request.sendContinue?.();
  const length = request.headers.get('content-length');
  const expected = {
    length: length === undefined ? undefined : Number(length),
    etag: request.headers.get('etag'),
  };
  return receive(storage, chunks(request.body), expected, commit);
}
