import { once } from 'node:events';
import { connect } from 'node:net';
import { Headers } from '../../../src/http/headers';
import type { Answer } from '../../support/clients/client';

/**
 * Sends a request over a new connection, its header as bytes. Without a body it sends no
 * length; otherwise it sends the body after the server's `100 Continue`.
 */
export async function rawExchange(
  url: string,
  {
    method,
    path,
    headers,
    body,
  }: { method: string; path: string; headers: Headers; body?: Buffer | undefined },
): Promise<Answer> {
  const { hostname, port, host } = new URL(url);
  const expecting = { 'Content-Length': String(body?.length ?? 0), Expect: '100-continue' };
  const fields = Headers.of({ Host: host, Connection: 'close', ...(body && expecting) })
    .withAll(headers)
    .toRaw();
  const lines = [`${method} ${path} HTTP/1.1`];
  for (let i = 0; i + 1 < fields.length; i += 2)
    lines.push(`${fields[i] ?? ''}: ${fields[i + 1] ?? ''}`);
  const socket = connect(Number(port), hostname);
  let received = Buffer.alloc(0);
  let pendingBody = body;
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (pendingBody && received.subarray(0, 12).toString('latin1') === 'HTTP/1.1 100') {
      socket.write(pendingBody);
      pendingBody = undefined;
    }
  });
  socket.write(Buffer.from(lines.join('\r\n') + '\r\n\r\n', 'latin1'));
  await once(socket, 'end');
  socket.destroy();
  return parse(
    received.toString('latin1').replace(/^HTTP\/1\.1 100 [^\r]*\r\n(?:[^\r]+\r\n)*\r\n/, ''),
  );
}

function parse(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const fields = lines.flatMap((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
  return {
    status: Number(first.split(' ')[1]),
    headers: Headers.fromRaw(fields),
    body: Buffer.from(text.slice(end + 4), 'latin1'),
  };
}
