import { createCipheriv, createHash } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from './client';

const PIECE = Buffer.alloc(1024 * 1024);

/** Pseudo-random bytes, determined by the seed. */
function bigBody(seed: string, length: number): Readable {
  const key = createHash('md5').update(seed).digest();
  return Readable.from(
    (function* () {
      const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
      for (let left = length; left > 0; left -= PIECE.length)
        yield cipher.update(PIECE.subarray(0, Math.min(left, PIECE.length)));
    })(),
  );
}

/** The SHA-256 of a seed's body. */
export async function hashOfBigBody(seed: string, length: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of bigBody(seed, length)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** Puts a seed's body as a stream. Returns the status. */
export async function putBig(
  client: Client,
  path: string,
  seed: string,
  length: number,
): Promise<number> {
  const outgoing = begin(client, 'PUT', path, { 'Content-Length': length });
  const response = answerTo(outgoing);
  await Promise.race([response, pipeline(bigBody(seed, length), outgoing)]);
  const answer = await response;
  answer.resume();
  return answer.statusCode ?? 0;
}

/** The SHA-256 of the body at a path. */
export async function hashOf(client: Client, path: string): Promise<string> {
  const outgoing = begin(client, 'GET', path, {});
  outgoing.end();
  const answer = await answerTo(outgoing);
  if (answer.statusCode !== 200)
    throw new Error(`GET ${path} was answered ${answer.statusCode ?? 0}`);
  const hash = createHash('sha256');
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done();
    },
  });
  await pipeline(answer, sink);
  return hash.digest('hex');
}

function begin(
  client: Client,
  method: string,
  path: string,
  headers: Record<string, string | number>,
) {
  const { hostname, port } = new URL(client.url);
  const token = client.credentials.get('x-auth-token') ?? '';
  return request({
    hostname,
    port,
    method,
    path: client.account + path,
    agent: false,
    headers: { ...headers, 'X-Auth-Token': token },
  });
}

function answerTo(outgoing: ReturnType<typeof request>): Promise<IncomingMessage> {
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  answer.catch(() => undefined);
  return answer;
}
