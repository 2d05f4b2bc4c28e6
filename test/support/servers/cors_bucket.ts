import type { S3Client } from '@aws-sdk/client-s3';
import type COS from 'cos-nodejs-sdk-v5';
import type { Answer, Client } from '../clients/client';
import { APPID, cosAt, type At } from '../clients/cos/sdk';
import { cosSender, qsSender } from '../clients/dialects/signed';
import type { Asked } from '../clients/dialects/xml_speaker';
import { bucketName, sdkAt } from '../clients/s3/sdk';
import { SignedClient } from '../clients/s3/signed';
import type { S3Store } from './s3_endpoint';
import { login } from './swift';

/** The APIs besides Swift's. */
export const APIS = ['S3', 'COS', 'QingStor'] as const;
export type Api = (typeof APIS)[number];

/** A bucket of its own for each test, through all APIs. */
export interface CorsBucket {
  readonly name: string;
  readonly swift: Client;
  readonly s3: S3Client;
  readonly cos: COS;
  /** For COS's SDK. */
  readonly at: At;
  /** Sends a signed request for the bucket. */
  send(api: Api, request: Asked): Promise<Answer>;
  /** Sets rules in S3's document. */
  putRules(document: string): Promise<void>;
  /** Returns the document of the rules in S3's API. */
  rules(): Promise<string>;
}

/** Creates a new bucket before each test of a suite. */
export function corsBucket(store: S3Store): CorsBucket {
  let name = '';
  let clients: Pick<CorsBucket, 'swift' | 's3' | 'cos'> | undefined;
  const started = () => {
    if (!clients) throw new Error('there is a bucket only within tests');
    return clients;
  };
  beforeAll(async () => {
    const { endpoint } = store;
    clients = {
      swift: await login(endpoint.url, 'tester'),
      s3: sdkAt(endpoint),
      cos: cosAt(endpoint),
    };
  });
  beforeEach(async () => {
    name = `${bucketName()}-${APPID}`;
    expect((await started().swift.ask('PUT', `/${name}`)).status).toBe(201);
  });
  const send = (api: Api, request: Asked): Promise<Answer> => {
    if (api === 'COS') return cosSender(store.endpoint, name)(request);
    if (api === 'QingStor') return qsSender(store.endpoint, name)(request);
    const { key, body, ...rest } = request;
    return new SignedClient(store.endpoint).send({
      ...rest,
      bucket: name,
      key,
      ...(body === undefined ? {} : { body }),
    });
  };
  return {
    get name() {
      return name;
    },
    get swift() {
      return started().swift;
    },
    get s3() {
      return started().s3;
    },
    get cos() {
      return started().cos;
    },
    get at() {
      return { Bucket: name, Region: 'ap-chengdu' };
    },
    send,
    putRules: async (body) => {
      expect((await send('S3', { method: 'PUT', query: { cors: '' }, body })).status).toBe(200);
    },
    rules: async () => (await send('S3', { method: 'GET', query: { cors: '' } })).body.toString(),
  };
}
