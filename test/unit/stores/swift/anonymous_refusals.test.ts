import { statusResponse } from '../../../../src/swift_api/responses';
import { Headers } from '../../../../src/http/headers';
import type { Request } from '../../../../src/swift_api/message';
import { subrequest } from '../../../../src/swift_api/subrequest';
import { AnonymousRefusals } from '../../../../src/stores/swift/anonymous_refusals';
import { ROOT_REQUEST } from '../../../support/stores/bucket_store';

/** A store that answers with a status, and records its requests. */
function store(status: number) {
  const requests: string[] = [];
  const anonymousRefusals = new AnonymousRefusals(({ method, path }) => {
    requests.push(`${method} ${path}`);
    return Promise.resolve(statusResponse(status));
  });
  const ask = async (method: string, path: string, more: Partial<Request> = {}) => {
    const request = {
      ...subrequest(ROOT_REQUEST, { method, path: `/v1/AUTH_a/${path}` }),
      ...more,
    };
    return (await anonymousRefusals.answer(request)).status;
  };
  return { requests, ask };
}

describe('what a store refuses to an anonymous client', () => {
  it('it is not asked again for another, in the same container', async () => {
    const { requests, ask } = store(401);
    for (const [method, object] of [
      ['PUT', 'o'],
      ['POST', 'p'],
      ['DELETE', 'q'],
    ] as const)
      expect(await ask(method, `c/${object}`)).toBe(401);
    expect(requests).toEqual(['PUT /v1/AUTH_a/c/o']);
    expect(await ask('PUT', 'd/o')).toBe(401);
    expect(requests).toHaveLength(2);
  });

  it.each<[string, method: string, more: Partial<Request>]>([
    ['that shows a token', 'PUT', { headers: Headers.of({ 'X-Auth-Token': 't' }) }],
    ['that has signed', 'PUT', { headers: Headers.of({ Authorization: 'AWS4 x' }) }],
    ['whose URL is signed', 'PUT', { query: 'temp_url_sig=x' }],
    ['that reads', 'GET', {}],
    ['that sends a body', 'PUT', { body: Buffer.from('x') }],
    ['that copies', 'PUT', { headers: Headers.of({ 'X-Copy-From': 'c/o' }) }],
    ['that links', 'PUT', { headers: Headers.of({ 'X-Symlink-Target': 'c/o' }) }],
  ])('it is asked again for one %s', async (_, method, more) => {
    const { requests, ask } = store(401);
    await ask('PUT', 'c/o');
    await ask(method, 'c/o', more);
    await ask(method, 'c/o', more);
    expect(requests).toHaveLength(3);
  });

  it('it is asked again for each web page, whose origin the refusal may name', async () => {
    const { requests, ask } = store(401);
    for (const Origin of ['http://a.example', 'http://b.example', 'http://a.example'])
      await ask('PUT', 'c/o', { headers: Headers.of({ Origin }) });
    expect(requests).toHaveLength(2);
  });

  it('it is asked again once a second has passed', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(1000);
    try {
      const { requests, ask } = store(401);
      await ask('PUT', 'c/o');
      now.mockReturnValue(2500);
      await ask('PUT', 'c/o');
      expect(requests).toHaveLength(2);
    } finally {
      now.mockRestore();
    }
  });

  it('and what it allows is asked each time', async () => {
    const { requests, ask } = store(404);
    for (let i = 0; i < 3; i++) expect(await ask('DELETE', 'c/o')).toBe(404);
    expect(requests).toHaveLength(3);
  });
});
