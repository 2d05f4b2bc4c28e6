import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { Headers } from '../../../src/http/headers';
import type { Client } from '../../support/clients/client';
import { pause } from '../../support/running/eventually';
import { RawRequest } from '../../support/clients/raw_request';
import type { Way } from './history';

const PIECE = 16 * 1024;

/** The status and headers of a response. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
}

/**
 * Sends a PUT in one of the ways.
 *
 * @param size of a body that is sent slowly; also determines when to leave
 * @returns undefined if the client did not wait for the response
 */
export async function sendPut(
  client: Client,
  path: string,
  way: Way,
  body: Buffer,
  size: number,
): Promise<Told | undefined> {
  if (way === 'leaving') {
    const after = size % 3 === 0 ? 1000 + (size % 7) : body.length - 100 - (size % 7);
    await putAndLeave(client, path, body, after);
    return undefined;
  }
  const headers: Record<string, string> =
    way === 'wrong ETag' ? { ETag: createHash('md5').update('another').digest('hex') } : {};
  if (way === 'unless there') headers['If-None-Match'] = '*';
  return size > 0
    ? putInPieces(client, path, headers, body)
    : client.ask('PUT', path, headers, body);
}

/** Sends a body in pieces with short pauses. */
async function putInPieces(
  client: Client,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<Told> {
  const { hostname, port } = new URL(client.url);
  const req = request({
    hostname,
    port,
    method: 'PUT',
    path: client.account + path,
    agent: false,
  });
  const raw = client.credentials.toRaw();
  for (let i = 0; i + 1 < raw.length; i += 2) req.appendHeader(raw[i] ?? '', raw[i + 1] ?? '');
  for (const [name, value] of Object.entries(headers)) req.setHeader(name, value);
  req.setHeader('Content-Length', String(body.length));
  const answer = new Promise<Told>((resolve, reject) => {
    req.on('error', reject);
    req.on('response', (response) => {
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: Headers.fromRaw(response.rawHeaders),
        }),
      );
      response.resume();
    });
  });
  const sending = (async () => {
    for (let at = 0; at < body.length && !req.destroyed; at += PIECE) {
      req.write(body.subarray(at, at + PIECE));
      await pause(1);
    }
    req.end();
  })();
  const [answered] = await Promise.all([answer, sending]);
  return answered;
}

/** Begins a PUT, sends part of its body, and disconnects. */
async function putAndLeave(
  client: Client,
  path: string,
  body: Buffer,
  after: number,
): Promise<void> {
  const put = await RawRequest.begin(client, 'PUT', path, {
    'Content-Length': String(body.length),
  });
  await put.write(body.subarray(0, after));
  await pause(after % 20);
  if (after % 2 === 0) put.leave();
  else put.reset();
}
