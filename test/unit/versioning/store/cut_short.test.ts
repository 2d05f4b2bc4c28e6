import { Readable } from 'node:stream';
import { Headers } from '../../../../src/http/headers';
import {
  NO_BODY,
  type Handler,
  type Request,
  type Response,
} from '../../../../src/swift_api/message';
import { withInfo } from '../../../../src/plugin/info';
import { StoreError } from '../../../../src/util/store_error';
import { SwiftStore } from '../../../../src/versioning/store/swift_store';
import { ServerRecords } from '../../../../src/stores/swift/sole_server/server_records';
import { createLog } from '../../../../src/util/log';
import { unlimited } from '../../../support/stores/authority';

const REQUEST: Request = {
  method: 'GET',
  path: '/info',
  query: '',
  headers: Headers.none,
  body: NO_BODY,
  signal: new AbortController().signal,
  transactionId: 'tx',
  authority: unlimited(),
  receivedBytes: () => 0,
};
const FROM = { account: 'a', container: 'c', object: 'o' };
const TO = { account: 'a', container: 'archive', object: 'o' };

function answer(
  status: number,
  body: Response['body'],
  headers: Record<string, string> = {},
): Response {
  return { status, headers: Headers.of(headers), body };
}

/** A body that breaks off. */
function cutShort(): Readable {
  return Readable.from(
    (function* () {
      yield Buffer.from('[{"name": ');
      throw new Error('other side closed');
    })(),
    { objectMode: false },
  );
}

/** A store that accepts no manifest, like Swift if segments are missing. */
const storeWith =
  (manifest: Response['body']): Handler =>
  ({ method }) => {
    if (method === 'PUT') return Promise.resolve(answer(400, NO_BODY));
    const large = { 'X-Static-Large-Object': 'true' };
    return Promise.resolve(answer(200, method === 'HEAD' ? NO_BODY : manifest, large));
  };

async function listed(body: Response['body']): Promise<void> {
  const store = new SwiftStore(() => Promise.resolve(answer(200, body)), REQUEST);
  await store.listBackwards('a', 'c', '').next();
}

function records(body: Response['body']): Promise<unknown> {
  const account = () => Promise.resolve('/v1/a');
  const log = createLog('silent');
  const store: Handler = () => Promise.resolve(answer(200, body));
  return new ServerRecords(store, account, log).readAlive('id', 1000);
}

function info(body: Response['body']): Promise<unknown> {
  return withInfo(() => Promise.resolve(answer(200, body)), {})(REQUEST);
}

test.each([
  ['a manifest that is copied', (body) => new SwiftStore(storeWith(body), REQUEST).copy(FROM, TO)],
  ['a listing', listed],
  ['the records of servers', records],
  ['/info', info],
] as [string, (body: Response['body']) => Promise<unknown>][])(
  'an answer that is cut short is a failure of the store, and is named: %s',
  async (_, read) => {
    const failure: unknown = await read(cutShort()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/broke off: other side closed$/) as unknown,
    });
  },
);

test.each(['<html>', '{}', '[{"name": 1}]', ''])(
  'a listing of servers that is none is a failure of the store: %s',
  async (text) => {
    const failure: unknown = await records(Buffer.from(text)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure).toMatchObject({
      code: 'unavailable',
      message: "the store's response is not valid: a listing of the records of servers",
    });
  },
);
