import { Readable } from 'node:stream';
import { catchErrors } from '../../../middleware/catch_errors';
import { reportForError } from '../../../middleware/bulk/bulk_error';
import { errorAnswer as qsAnswer } from '../../../middleware/qsapi/errors';
import { WIRE_FORMAT } from '../../../middleware/s3api/wire_format';
import { Credentials } from '../../../src/auth/credential';
import type { Caller } from '../../../src/buckets/caller';
import { Sessions } from '../../../src/buckets/sessions';
import { PartsMemory } from '../../../src/buckets/uploads/parts_memory';
import type { Call } from '../../../src/dialects/call';
import { holdDocument } from '../../../src/dialects/document';
import { RouteTable } from '../../../src/dialects/dispatch';
import { dialectHandler, runRoute, type Dialect } from '../../../src/dialects/handler';
import { errorAnswer } from '../../../src/dialects/s3/errors';
import { statusResponse } from '../../../src/swift_api/responses';
import { BodyMemory, BodyMemoryFull } from '../../../src/http/body_memory';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, type Handler, type Request, type Response } from '../../../src/swift_api/message';
import { createLog } from '../../../src/util/log';
import type { FilterContext } from '../../../src/plugin/plugin';
import { ROOT_REQUEST } from '../../support/stores/bucket_store';
import type { Body } from '../../../src/http/body';

const MIB = 1024 * 1024;
const LOG = createLog('silent');

/** A document that must not be read, and a store that answers with a status. */
function call(status: number, { body, isAnonymous }: { body: Body; isAnonymous?: true }) {
  const requests: Request[] = [];
  const next: Handler = (request) => {
    requests.push(request);
    return Promise.resolve(statusResponse(status));
  };
  const sendContinue = jest.fn();
  const request: Request = { ...ROOT_REQUEST, method: 'POST', body, sendContinue };
  const caller: Caller = {
    next,
    request,
    user: 'u',
    parts: new PartsMemory(),
    session: () => Promise.resolve({ account: 'a', token: isAnonymous ? undefined : 't' }),
    ...(isAnonymous ? { isAnonymous } : {}),
  };
  const payload = {
    body,
    length: undefined,
    checksums: new Map(),
    trailing: () => new Map<string, string>(),
  };
  const documentCall: Call = {
    request,
    caller,
    payload,
    bucket: 'b',
    key: undefined,
    parameters: new Map(),
    location: '',
  };
  return { documentCall, requests, sendContinue };
}

function unread() {
  const read = jest.fn();
  return { read, body: new Readable({ read }) };
}

describe('a document of a dialect', () => {
  it.each([401, 403])('is not read of a signer to whom the store says %p', async (status) => {
    const { body, read } = unread();
    const { documentCall, requests, sendContinue } = call(status, { body });
    await expect(holdDocument(documentCall, MIB)).rejects.toMatchObject({ code: 'access-denied' });
    expect([read.mock.calls.length, sendContinue.mock.calls.length]).toEqual([0, 0]);
    // retried once with a new login
    expect(requests).toHaveLength(status === 401 ? 2 : 1);
    for (const each of requests) {
      expect([each.method, each.body]).toEqual(['POST', NO_BODY]);
      expect(each.path).toMatch(/^\/v1\/a\/b\/hindsight-none-/);
    }
  });

  it('is read for a client that may write, or that must learn that there is no bucket', async () => {
    for (const status of [202, 404]) {
      const { documentCall, sendContinue } = call(status, {
        body: Readable.from([Buffer.from('<x/>')]),
      });
      expect(await holdDocument(documentCall, MIB)).toEqual(Buffer.from('<x/>'));
      expect(sendContinue).toHaveBeenCalled();
    }
  });

  it('and any other body is not read from an anonymous client, whatever its purpose', async () => {
    const { body, read } = unread();
    const { documentCall } = call(401, { body, isAnonymous: true });
    const run = jest.fn();
    const payloadOf = jest.fn();
    const routes = [{ name: 'any', method: 'POST', on: 'bucket' as const, run }];
    await expect(runRoute(documentCall, new RouteTable(routes), payloadOf)).rejects.toMatchObject({
      code: 'access-denied',
    });
    for (const each of [read, run, payloadOf]) expect(each).not.toHaveBeenCalled();
  });
});

/** A dialect for which no web page sends requests. */
const NO_PAGES: Dialect<true>['cors'] = {
  power: 'service',
  logins: {
    credentialSource: Credentials.none,
    sessions: new Sessions(() => Promise.reject(new Error('nobody logs in here'))),
  },
  anonymous: undefined,
  addressOf: () => ({ bucket: undefined, key: undefined }),
  accessKeyIn: () => undefined,
};

describe('a full memory is reported as 503, which is retryable', () => {
  const full = () => Promise.reject(new BodyMemoryFull());
  const dialect = (errorAnswerOf: Dialect<true>['errorAnswer']): Dialect<true> => ({
    recognise: () => true,
    answer: full,
    errorAnswer: errorAnswerOf,
    readersReadVersions: false,
    cors: NO_PAGES,
    common: () => Headers.none,
  });
  const text = ({ body }: Response) => (Buffer.isBuffer(body) ? body.toString() : '');

  it.each<[string, Handler, RegExp]>([
    ['of Swift', catchErrors.create({}, { log: LOG } as FilterContext)(full), /^too many bodies/],
    [
      'of S3 and COS',
      dialectHandler(
        full,
        dialect((error, request) => errorAnswer(error, request, WIRE_FORMAT.errors)),
        LOG,
      ),
      /<Code>SlowDown<\/Code>/,
    ],
    ['of QingStor', dialectHandler(full, dialect(qsAnswer), LOG), /"service_unavailable"/],
  ])('in the dialect %s', async (_, handler, words) => {
    const response = await handler(ROOT_REQUEST);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(text(response)).toMatch(words);
  });

  it('in the report of a bulk operation', () => {
    expect(reportForError(new BodyMemoryFull(), ROOT_REQUEST, LOG)).toEqual([
      503,
      expect.stringContaining('try again'),
    ]);
  });
});

it('an exchange of which another account holds much does not keep others from theirs', () => {
  const memory = new BodyMemory(4 * MIB);
  memory.newExchange().take('loud', MIB);
  expect(() => memory.newExchange().take('loud', 1)).toThrow(BodyMemoryFull);
  expect(() => memory.newExchange().take('other', MIB)).not.toThrow();
});
