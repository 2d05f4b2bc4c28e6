import { Readable } from 'node:stream';
import { Headers } from '../../../../src/http/headers';
import { NO_BODY, type Handler, type Request } from '../../../../src/swift_api/message';
import type { ObjectTarget } from '../../../../src/swift_api/target';
import { StoreError } from '../../../../src/util/store_error';
import { VersionReader } from '../../../../src/versioning/object_versioning/reader';
import { ObjectCall } from '../../../../src/versioning/calls';

const TARGET: ObjectTarget = { version: 'v1', account: 'a', container: 'c', object: 'o' };
const REQUEST: Request = {
  ...{ method: 'GET', path: '/v1/a/c/o', query: '', headers: Headers.of({ 'X-Auth-Token': 't' }) },
  ...{
    body: NO_BODY,
    authority: 'client',
    signal: new AbortController().signal,
    transactionId: 'tx',
  },
  receivedBytes: () => 0,
};
const failure = new StoreError('unavailable', 'the store is gone');

/** A store that answers the client's GET, and then fails. */
function storeThatGoes(status: number) {
  const body = Readable.from([Buffer.from('body')]);
  const next: Handler = ({ method }) =>
    method === 'GET'
      ? Promise.resolve({ status, headers: Headers.none, body })
      : Promise.reject(failure);
  const settings = { get: () => Promise.reject(failure) };
  return { body, reader: new VersionReader(next, next, settings, { power: 'service' }) };
}

describe('a GET in a container whose versions may have ids', () => {
  it('leaves no body unread if a further request fails', async () => {
    const { body, reader } = storeThatGoes(409);
    const answer = reader.read(new ObjectCall(REQUEST, TARGET));
    await expect(answer).rejects.toBe(failure);
    expect(body.destroyed).toBe(true);
  });

  it('is answered even if the setting cannot be read', async () => {
    const { body, reader } = storeThatGoes(200);
    const answer = await reader.read(new ObjectCall(REQUEST, TARGET));
    expect([answer.status, answer.body, answer.headers.has('x-object-version-id')]).toEqual([
      200,
      body,
      false,
    ]);
  });
});
