import { request } from 'node:http';
import type { Client } from '../support/client';
import { pause } from '../support/eventually';
import { RawRequest } from '../support/raw_request';

const PIECE = 16 * 1024;

/** Sends a body in pieces with a little time between them; the status of the answer. */
export async function putInPieces(
  client: Client,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<number> {
  const { hostname, port } = new URL(client.url);
  const sent = request({ hostname, port, method: 'PUT', path: client.account + path, agent: false });
  const raw = client.credentials.toRaw();
  for (let i = 0; i + 1 < raw.length; i += 2) sent.appendHeader(raw[i] ?? '', raw[i + 1] ?? '');
  for (const [name, value] of Object.entries(headers)) sent.setHeader(name, value);
  sent.setHeader('Content-Length', String(body.length));
  const status = new Promise<number>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
  });
  const sending = (async () => {
    for (let at = 0; at < body.length && !sent.destroyed; at += PIECE) {
      sent.write(body.subarray(at, at + PIECE));
      await pause(1);
    }
    sent.end();
  })();
  const [answered] = await Promise.all([status, sending]);
  return answered;
}

/** Begins a PUT, sends some of its body, and goes. */
export async function putAndLeave(client: Client, path: string, body: Buffer, after: number): Promise<void> {
  const put = await RawRequest.begin(client, 'PUT', path, { 'Content-Length': String(body.length) });
  await put.write(body.subarray(0, after));
  await pause(after % 20);
  if (after % 2 === 0) put.leave();
  else put.reset();
}
