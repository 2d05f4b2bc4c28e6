import { request } from 'node:http';
import type { Client } from '../../support/clients/client';
import type { Reading } from './filled_server';

/** A response, possibly cut short. */
export interface Heard {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
  /** Whether the body is as long as announced. */
  readonly isWhole: boolean;
}

/** Requests a path below the account. */
export function hear(
  client: Client,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Heard> {
  const { hostname, port } = new URL(client.url);
  const token = { 'X-Auth-Token': client.credentials.get('x-auth-token') ?? '' };
  return new Promise((resolve, reject) => {
    const req = request(
      {
        hostname,
        port,
        method,
        path: client.account + path,
        agent: false,
        headers: { ...token, ...headers },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', () => undefined);
        answer.on('close', () =>
          resolve({
            status: answer.statusCode ?? 0,
            type: answer.headers['content-type'] ?? '',
            body: Buffer.concat(chunks),
            isWhole: answer.complete,
          }),
        );
      },
    );
    req.on('error', (error) =>
      reject(new Error(`${method} ${path} ${JSON.stringify(headers)}`, { cause: error })),
    );
    req.end();
  });
}

/** A range of bytes, both ends inclusive. */
export type Span = readonly [first: number, last: number];

/** Returns the header that requests the ranges. */
export function rangeHeader(spans: readonly Span[]): Record<string, string> {
  return spans.length === 0
    ? {}
    : { Range: `bytes=${spans.map(([first, last]) => `${first}-${last}`).join(',')}` };
}

/** Returns what is wrong with the response to a GET, unless it visibly failed. */
export function wrongness(
  response: Heard,
  { bytes }: Reading,
  spans: readonly Span[],
): string | undefined {
  const { status, isWhole } = response;
  if (status === 503 || status === 500) return undefined;
  if (!isWhole)
    return bytesMayBegin(response, bytes, spans) ? undefined : 'wrong bytes, broken off';
  if (status !== 200 && status !== 206) return `status ${status}`;
  const expected = status === 200 ? bytes : expectedOf(response, bytes, spans);
  return expected.equals(response.body) ? undefined : 'wrong bytes';
}

/** Whether a response that was cut short is right as far as it goes. */
function bytesMayBegin(response: Heard, bytes: Buffer, spans: readonly Span[]): boolean {
  const expected = response.status === 200 ? bytes : expectedOf(response, bytes, spans);
  return expected.subarray(0, response.body.length).equals(response.body);
}

function expectedOf({ type, body }: Heard, bytes: Buffer, spans: readonly Span[]): Buffer {
  const slices = spans.map(([first, last]) => bytes.subarray(first, last + 1));
  const boundary = /boundary=(.*)$/.exec(type)?.[1];
  if (boundary === undefined) return Buffer.concat(slices);
  const own = /^.*\r\nContent-Type: (.*)\r\n/.exec(body.toString('latin1', 0, 500))?.[1];
  const parts = spans.flatMap(([first, last], at) => [
    `--${boundary}\r\nContent-Type: ${own}\r\n`,
    `Content-Range: bytes ${first}-${last}/${bytes.length}\r\n\r\n`,
    slices[at]!,
    '\r\n',
  ]);
  return Buffer.concat([...parts, `--${boundary}--`].map((each) => Buffer.from(each)));
}
