import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { extractArchive } from '../../../../middleware/bulk/extract';
import { bulk } from '../../../../middleware/bulk';
import { statusResponse } from '../../../../src/swift_api/responses';
import { drain } from '../../../../src/http/body';
import { Headers } from '../../../../src/http/headers';
import type { Handler } from '../../../../src/swift_api/message';
import { subrequest } from '../../../../src/swift_api/subrequest';
import { createLog } from '../../../../src/util/log';
import { archiveOf } from '../../../support/clients/archives';
import { ROOT_REQUEST } from '../../../support/stores/bucket_store';

it('an archive is not read on for a client that may write none of it', async () => {
  const archive = gzipSync(
    await archiveOf([
      { name: 'private/large', body: Buffer.alloc(17 * 1024 * 1024) },
      { name: 'private/small', body: 'x' },
    ]),
  );
  let count = 0;
  const forbidding: Handler = async ({ body }) => {
    count++;
    if (!Buffer.isBuffer(body)) body.destroy();
    else await drain(body);
    return statusResponse(403);
  };
  const request = {
    ...subrequest(ROOT_REQUEST, {
      method: 'PUT',
      path: '/v1/AUTH_a',
      headers: Headers.of({ 'X-Auth-Token': 't' }),
    }),
    body: Readable.from([archive]),
  };
  const options = bulk.options.parse({});
  const work = extractArchive(
    request,
    forbidding,
    { kind: 'gzip', type: 'text/plain' },
    options,
    createLog('silent'),
  );
  let step = await work.next();
  while (!step.done) step = await work.next();
  expect(step.value).toContain('Response Status: 403 Forbidden');
  expect(step.value).toContain('Too much of the archive');
  expect(step.value).toContain('private/large');
  expect(step.value).not.toContain('private/small');
  // the right, the container, and the file
  expect(count).toBe(3);
});
