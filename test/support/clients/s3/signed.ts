import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { Headers } from '../../../../src/http/headers';
import { Client, type Answer } from '../client';
import type { S3Endpoint } from '../../servers/s3_endpoint';
import { parseXml, type Element } from './xml';

/** Parameters of a query; undefined ones are left out, empty ones sent as `name=`. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** A request in S3's terms. */
export interface SignedRequest {
  readonly method: string;
  readonly bucket?: string;
  readonly key?: string | undefined;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A client that sends exactly what a test says, signed by the SDK's own signer. */
export class SignedClient {
  readonly #signer: SignatureV4;

  constructor(private readonly endpoint: S3Endpoint) {
    const { region, accessKey, secretKey } = endpoint;
    this.#signer = new SignatureV4({
      service: 's3',
      region,
      credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
      sha256: Sha256,
      uriEscapePath: false,
    });
  }

  async send({
    method,
    bucket,
    key,
    query = {},
    headers = {},
    body,
  }: SignedRequest): Promise<Answer> {
    const { hostname, port, host } = new URL(this.endpoint.url);
    const path = pathOf(bucket, key);
    const entries = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as const],
    );
    const length: Record<string, string> =
      body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = new HttpRequest({
      method,
      protocol: 'http:',
      hostname,
      port: Number(port),
      path,
      query: Object.fromEntries(entries),
      headers: { host, ...length, ...headers },
      body,
    });
    const signed = await this.#signer.sign(request);
    const queryText = entries
      .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
      .join('&');
    const client = new Client(this.endpoint.url, Headers.none);
    return client.send(method, queryText ? `${path}?${queryText}` : path, signed.headers, body);
  }

  /** Sends a request whose response must have a status, and a document with a root. */
  async document(status: number, root: string, request: SignedRequest): Promise<Element> {
    const answer = await this.send(request);
    if (answer.status !== status)
      throw new Error(
        `${request.method}: ${answer.status} ${answer.body.toString()}, not ${status}`,
      );
    const document = parseXml(answer.body);
    if (document.name !== root) throw new Error(`the answer is a ${document.name}, not a ${root}`);
    return document;
  }
}

const escaped = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

function pathOf(bucket: string | undefined, key: string | undefined): string {
  if (bucket === undefined) return '/';
  if (key === undefined) return `/${bucket}`;
  return `/${bucket}/${key.split('/').map(escaped).join('/')}`;
}
