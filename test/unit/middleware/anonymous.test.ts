import type { Handler } from '../../../src/swift_api/message';
import { acceptingCos } from '../../support/clients/cos/requests';
import { acceptingQs } from '../../support/clients/qs/requests';
import { acceptingFilter, asRequest, textOf } from '../../support/clients/s3/requests';

const parts = { domains: ['api.example'], anonymous: { account: 'AUTH_test', token: undefined } };
const DIALECTS: Record<string, { readonly handler: Handler }> = {
  s3: acceptingFilter(parts),
  cos: acceptingCos(parts),
  qs: acceptingQs(parts),
};

describe.each(Object.entries(DIALECTS))('who asks for %s without a signature', (_, { handler }) => {
  const ask = async (target: string) => {
    const fields = [['Host', 'bucket-1.api.example']] as const;
    const response = await handler(
      asRequest({ method: 'GET', target, fields, body: Buffer.alloc(0) }),
    );
    return [response.status, textOf(response)];
  };

  it('gets what everybody may get', async () => {
    expect(await ask('/k?a=b')).toEqual([200, '']);
  });

  it.each([
    'response-content-type=text/html',
    'a=b&response-content-disposition=inline',
    'Response-Expires',
  ])('does not say what the headers of the answer are: ?%s', async (query) => {
    expect(await ask(`/k?${query}`)).toEqual([400, expect.stringContaining('anonymous')]);
  });
});
