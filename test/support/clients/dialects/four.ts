import { login } from '../../servers/embedded';
import type { S3Endpoint } from '../../servers/s3_endpoint';
import { SignedClient } from '../s3/signed';
import { qsSpeaker } from './qs_speaker';
import { cosSender, qsSender } from './signed';
import type { Speaker } from './speaker';
import { swiftSpeaker } from './swift_speaker';
import { xmlSpeaker } from './xml_speaker';

/** One bucket through each of the four APIs. */
export interface FourSpeakers {
  readonly swift: Speaker;
  readonly s3: Speaker;
  readonly cos: Speaker;
  readonly qs: Speaker;
}

/** @param bucket a name that all four allow: it ends as those of COS do */
export async function fourSpeakers(endpoint: S3Endpoint, bucket: string): Promise<FourSpeakers> {
  const signed = new SignedClient(endpoint);
  const host = `${bucket}.cos.ap-chengdu.myqcloud.com`;
  return {
    swift: swiftSpeaker(await login(endpoint.url, endpoint.accessKey, endpoint.secretKey), bucket),
    s3: xmlSpeaker({
      name: 'S3',
      prefix: 'x-amz-',
      markerStatus: 405,
      send: (request) => signed.send({ bucket, ...request } as Parameters<SignedClient['send']>[0]),
      source: (path) => `/${bucket}/${path}`,
    }),
    cos: xmlSpeaker({
      name: 'COS',
      prefix: 'x-cos-',
      markerStatus: 404,
      send: cosSender(endpoint, bucket),
      source: (path) => `${host}/${path}`,
    }),
    qs: qsSpeaker(bucket, qsSender(endpoint, bucket)),
  };
}
