import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Client } from './client';
import { eventually } from '../running/eventually';

/** A request that a test writes piece by piece, so that it can stop in the middle. */
export class RawRequest {
  private received = '';
  private ended = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.ended = true));
  }

  /**
   * Connects and sends the head of a request in a user's name, for a path below the
   * user's account.
   */
  static async begin(
    client: Client,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<RawRequest> {
    const { hostname, port, host } = new URL(client.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const raw = client.credentials.toRaw();
    const lines = [`${method} ${client.account}${path} HTTP/1.1`, `Host: ${host}`];
    for (let i = 0; i + 1 < raw.length; i += 2) lines.push(`${raw[i] ?? ''}: ${raw[i + 1] ?? ''}`);
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    const request = new RawRequest(socket);
    await request.write(`${lines.join('\r\n')}\r\n\r\n`);
    return request;
  }

  write(data: string | Buffer): Promise<void> {
    return new Promise((resolve) => this.socket.write(data, () => resolve()));
  }

  /** Sends one chunk of a chunked body. */
  async writeChunk(data: Buffer): Promise<void> {
    await this.write(`${data.length.toString(16)}\r\n`);
    await this.write(data);
    await this.write('\r\n');
  }

  /** The response so far. */
  get answer(): string {
    return this.received;
  }

  /** Waits until the response contains a text. */
  async answered(text: string): Promise<void> {
    await eventually(`the answer ${text}`, () => this.received.includes(text) || this.ended);
    if (!this.received.includes(text))
      throw new Error(`the connection ended with: ${this.received}`);
  }

  /** Waits until the peer has closed the connection. */
  closed(): Promise<void> {
    return eventually('the end of the connection', () => this.ended);
  }

  /** Ends its side of the connection, but keeps listening. */
  halfClose(): void {
    this.socket.end();
  }

  /** Closes in order. */
  leave(): void {
    this.socket.destroy();
  }

  /** Closes as a client that crashed. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}
