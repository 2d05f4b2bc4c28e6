import { z } from 'zod';
import { destroy } from '../../http/body';
import { toBytes } from '../../http/bytes';
import { parseResponse, readResponse } from '../../swift_api/json_response';
import { ask, type StoreRequest, type Caller } from '../caller';
import { expectSuccess } from '../store_answers';
import { uploadPrefix, segmentsOf, type Upload } from './upload_names';
import { isStaticLargeObject, MAX_MANIFEST_BYTES } from '../../swift_api/stored_manifest';

const Manifest = z.array(z.object({ name: z.string().optional() }));

/**
 * Whether an object is a static large object of an upload's parts, by its manifest: its
 * content type may have lost the note of the upload.
 *
 * @throws BucketError if the store cannot tell
 */
export async function isMadeOf(
  caller: Caller,
  upload: Upload,
  { container, object, query }: Pick<StoreRequest, 'container' | 'object' | 'query'>,
): Promise<boolean> {
  const request = {
    method: 'GET',
    container,
    object,
    query: { ...query, 'multipart-manifest': 'get' },
  };
  const response = await ask(caller, request);
  const { status, headers, body } = response;
  if (status !== 404) await expectSuccess(caller, response, { bucket: container, key: object });
  if (status === 404 || !isStaticLargeObject(headers)) {
    destroy(body);
    return false;
  }
  const manifest = await readResponse(body, MAX_MANIFEST_BYTES, 'a manifest');
  const parts = `${segmentsOf(upload.bucket)}/${uploadPrefix(upload)}`;
  return parseResponse(Manifest, manifest, 'a manifest').some(({ name = '' }) =>
    toBytes(name).replace(/^\/+/, '').startsWith(parts),
  );
}
