import { Readable } from 'node:stream';
import { followHeartbeat } from '../../../src/versioning/heartbeat_response';
import { readAll } from '../../../src/http/body';
import { Headers } from '../../../src/http/headers';

const answer = (...parts: string[]) => ({
  status: 202,
  headers: Headers.none,
  body: Readable.from(
    parts.map((part) => Buffer.from(part)),
    { objectMode: false },
  ),
});

test.each([
  [
    'done',
    [' ', ' ', '\r\n\r\nEtag: "x"\nResponse Body: \nResponse Status: 201 Created\nErrors:\n'],
  ],
  [
    'failed',
    [
      ' \r\n\r\nResponse Body: no\nResponse Sta',
      'tus: 400 Bad Request\nErrors:\n/c/o, 404 Not Found\n',
    ],
  ],
  ['failed', [' \r\n\r\n{"Response Status": "422 Unprocessable Entity", "Errors": []}']],
  [
    'failed',
    [' \r\n\r\n<upload>\n<response_status>401 Unauthorized</response_status>\n</upload>\n'],
  ],
  ['unknown', [' \r\n\r\nResponse Status: 503 Service Unavailable\nErrors:\n']],
  ['unknown', [' ', ' ']],
] as const)('an answer begun early tells in its end: %s', async (expected, parts) => {
  const order: string[] = [];
  const { response, outcome } = followHeartbeat(answer(...parts), async () => {
    order.push(await outcome);
  });
  const body = await readAll(response.body, 1e6);
  order.push('end');
  expect(order).toEqual([expected, 'end']);
  expect(body?.toString()).toBe(parts.join(''));
});

test('a response that is cut short, or that nobody reads, proves nothing', async () => {
  const broken = new Readable({ read: () => undefined });
  const early = followHeartbeat({ ...answer(), body: broken }, () => Promise.resolve());
  const reading = readAll(early.response.body, 1e6);
  broken.destroy(new Error('broken off'));
  await expect(reading).rejects.toThrow('broken off');
  expect(await early.outcome).toBe('unknown');

  const unread = answer(' ');
  const left = followHeartbeat(unread, () => Promise.resolve());
  (left.response.body as Readable).destroy();
  expect(await left.outcome).toBe('unknown');
  expect(unread.body.destroyed).toBe(true);
});
