import { computeCosSignature } from '../../../../middleware/cosapi/signature';
import { computeQsSignature } from '../../../../middleware/qsapi/signature';
import { toBytes } from '../../../../src/http/bytes';
import { Headers } from '../../../../src/http/headers';
import { Client, type Answer } from '../client';
import type { S3Endpoint } from '../../servers/s3_endpoint';
import { escaped, escapedKey } from './speaker';
import type { Asked } from './xml_speaker';

type Send = (request: Asked) => Promise<Answer>;

/**
 * Sends requests for a bucket as clients of COS do, with its name in Host. Other tests
 * verify that signatures are those of its SDK.
 */
export function cosSender({ url, accessKey, secretKey }: S3Endpoint, bucket: string): Send {
  const client = new Client(url, Headers.none);
  return ({ method, key = '', query = {}, headers = {}, body }) => {
    const host = `${bucket}.cos.ap-chengdu.myqcloud.com`;
    const sentQuery = queryOf(query);
    const now = Math.floor(Date.now() / 1000);
    const time = `${now - 60};${now + 600}`;
    const lists = {
      headers: ['host', ...Object.keys(headers).map((name) => name.toLowerCase())].sort(),
      parameters: [...sentQuery.keys()].map((name) => name.toLowerCase()).sort(),
    };
    const signature = {
      from: 'header' as const,
      accessKey,
      signTime: time,
      keyTime: time,
      hex: '',
      ...lists,
    };
    const sentHeaders = { ...headers, host };
    const hex = computeCosSignature(signature, secretKey, {
      method,
      path: toBytes(`/${key}`),
      query: textOf(sentQuery),
      headers: Headers.of(sentHeaders),
    });
    const authorization = [
      'q-sign-algorithm=sha1',
      `q-ak=${accessKey}`,
      `q-sign-time=${time}`,
      `q-key-time=${time}`,
      `q-header-list=${lists.headers.join(';')}`,
      `q-url-param-list=${lists.parameters.join(';')}`,
      `q-signature=${hex}`,
    ].join('&');
    return client.send(
      method,
      target(`/${escapedKey(key)}`, sentQuery),
      { ...sentHeaders, authorization },
      body,
    );
  };
}

/** Sends requests for a bucket as clients of QingStor do. */
export function qsSender({ url, accessKey, secretKey }: S3Endpoint, bucket: string): Send {
  const client = new Client(url, Headers.none);
  return ({ method, key, query = {}, headers = {}, body }) => {
    const sentQuery = queryOf(query);
    const path = key === undefined ? `/${bucket}` : `/${bucket}/${escapedKey(key)}`;
    const sentHeaders = { ...headers, 'x-qs-date': new Date().toUTCString() };
    const signed = { method, path, query: textOf(sentQuery), headers: Headers.of(sentHeaders) };
    const authorization = `QS ${accessKey}:${computeQsSignature(signed, secretKey, undefined)}`;
    return client.send(method, target(path, sentQuery), { ...sentHeaders, authorization }, body);
  };
}

function queryOf(query: NonNullable<Asked['query']>): Map<string, string> {
  const entries = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  return new Map(entries);
}

const textOf = (query: ReadonlyMap<string, string>): string =>
  [...query].map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&');

const target = (path: string, query: ReadonlyMap<string, string>): string =>
  query.size === 0 ? path : `${path}?${textOf(query)}`;
