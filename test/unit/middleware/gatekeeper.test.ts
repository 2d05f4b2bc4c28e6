import { gatekeeper } from '../../../middleware/gatekeeper';
import { readAll } from '../../../src/http/body';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, textResponse, type Request } from '../../../src/swift_api/message';
import type { FilterContext, RequestHead } from '../../../src/plugin/plugin';
import { ROOT_REQUEST } from '../../support/stores/bucket_store';

const TYPE = 'text/plain; hindsight_null=1.2;charset=utf-8;hindsight_upload=x';

/**
 * Sends a PUT with a reserved type, with or without other APIs claiming it; returns what
 * is passed on, and the response.
 */
async function outcome(claims: (head: RequestHead) => boolean) {
  const passed: Request[] = [];
  const handler = gatekeeper.create({}, { claims, app: {} } as FilterContext)((request) => {
    passed.push(request);
    return Promise.resolve(textResponse(201, ''));
  });
  const headers = Headers.of({ 'Content-Type': TYPE, Authorization: 'QS key:signature' });
  const request = {
    ...ROOT_REQUEST,
    method: 'PUT',
    path: '/bucket/key',
    query: 'a=b',
    headers,
    body: NO_BODY,
  };
  const { status, body } = await handler(request);
  return { passed, status, text: (await readAll(body, 1024))?.toString() };
}

test('a reserved type is refused if no other API claims the request', async () => {
  const heads: RequestHead[] = [];
  const { passed, status, text } = await outcome((head) => heads.push(head) < 0);
  expect([passed, status]).toEqual([[], 400]);
  expect(text).toContain('hindsight_ are reserved');
  expect(heads).toMatchObject([{ method: 'PUT', target: '/bucket/key?a=b' }]);
  expect(heads[0]?.headers.get('authorization')).toBe('QS key:signature');
});

test('if one claims it, it gets the type, and nobody else does', async () => {
  const { passed, status } = await outcome(() => true);
  expect(status).toBe(201);
  const [request] = passed;
  expect([request?.reservedType, request?.headers.get('content-type')]).toEqual([
    TYPE,
    'text/plain;charset=utf-8',
  ]);
});
