import { routes as cosRoutes } from '../../../middleware/cosapi/operations';
import { routes as s3Routes } from '../../../middleware/s3api/operations';
import { acceptingCos } from '../../support/clients/cos/requests';
import { cosSigned } from '../../support/clients/cos/signed';
import { acceptingFilter, asRequest, textOf } from '../../support/clients/s3/requests';
import { signed } from '../../support/clients/s3/signing';

const NOW = 1_700_000_100_000;

/** A request for an object, signed in either dialect. */
interface ToSend {
  readonly method: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the refusal by S3's filter, and how many requests of it reached the store. */
async function refusedByS3({ method, query, headers }: ToSend) {
  const { handler, passed } = acceptingFilter({ routes: s3Routes, now: () => NOW });
  const request = { method, path: '/bkt/k', query: { ...query }, headers: { ...headers } };
  const response = await handler(asRequest(await signed(request, NOW)));
  return { ...refusalIn(textOf(response)), status: response.status, asked: passed.length };
}

/** Returns the same of COS's filter. */
async function refusedByCos({ method, headers }: ToSend) {
  const { handler, passed } = acceptingCos({ routes: cosRoutes, now: () => NOW });
  const host = 'bkt-1250000000.cos.ap-chengdu.myqcloud.com';
  const request = cosSigned({ method, target: '/k', host, headers });
  const response = await handler(asRequest(request));
  return { ...refusalIn(textOf(response)), status: response.status, asked: passed.length };
}

function refusalIn(document: string) {
  const element = (name: string) => new RegExp(`<${name}>(.*?)<`).exec(document)?.[1];
  return {
    code: element('Code'),
    message: element('Message'),
    argument: element('ArgumentName'),
    value: element('ArgumentValue'),
  };
}

it.each(['many', 'NaN', '', '-1', '1.5', '0x10', '1e3', '9'.repeat(16)])(
  'an upload is not completed with the size %j',
  async (size) => {
    const completion = { method: 'POST', query: { uploadId: 'U' } };
    const name = 'x-amz-mp-object-size';
    expect(await refusedByS3({ ...completion, headers: { [name]: size } })).toEqual({
      status: 400,
      code: 'InvalidArgument',
      message: 'x-amz-mp-object-size must be a number of bytes.',
      argument: name,
      value: size || undefined,
      asked: 0,
    });
  },
);

describe.each([
  ['S3', 'x-amz-', refusedByS3],
  ['COS', 'x-cos-', refusedByCos],
])('%s names its own header', (_, prefix, refused) => {
  it.each([
    ['acl', 'nobody', 'There is no such canned ACL.'],
    ['tagging', 'a=b=c', 'The tags must be encoded as URL query parameters.'],
  ])('%s', async (name, value, message) => {
    const headers = { 'content-length': '0', [`${prefix}${name}`]: value };
    expect(await refused({ method: 'PUT', headers })).toEqual({
      status: 400,
      code: 'InvalidArgument',
      message,
      argument: `${prefix}${name}`,
      value,
      asked: 0,
    });
  });
});
