import type { S3Endpoint } from '../../servers/s3_endpoint';
import type { Answer } from '../client';
import { SignedClient } from '../s3/signed';
import { cosSender, qsSender } from './signed';
import type { Asked } from './xml_speaker';

/** One of the APIs besides Swift's, as tests of all three send requests. */
export interface Api {
  readonly name: 'S3' | 'COS' | 'QingStor';
  /** The prefix of its own headers. */
  readonly prefix: string;
  /** The parameter that names a version. */
  readonly versionId: string;
  /** Returns how requests for a bucket are sent, signed by the endpoint's user. */
  sender(endpoint: S3Endpoint, bucket: string): (request: Asked) => Promise<Answer>;
}

export const S3: Api = {
  name: 'S3',
  prefix: 'x-amz-',
  versionId: 'versionId',
  sender: (endpoint, bucket) => {
    const client = new SignedClient(endpoint);
    return ({ body, ...request }) =>
      client.send({ bucket, ...request, ...(body === undefined ? {} : { body }) });
  },
};

export const COS: Api = {
  name: 'COS',
  prefix: 'x-cos-',
  versionId: 'versionId',
  sender: cosSender,
};

export const QINGSTOR: Api = {
  name: 'QingStor',
  prefix: 'x-qs-',
  versionId: 'version_id',
  sender: qsSender,
};

export const APIS: readonly Api[] = [S3, COS, QINGSTOR];

/** Returns the code of an error, in a document of any of the APIs. */
export function errorCodeIn({ body }: Answer): string | undefined {
  return /<Code>(.*?)<|"code": ?"(.*?)"/.exec(body.toString())?.slice(1).find(Boolean);
}
