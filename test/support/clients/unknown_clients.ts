import { connect } from 'node:net';
import { bzip2Bomb } from './archives';
import { BOUNDARY } from './forms';

const MIB = 1024 * 1024;
/** The length of the body that each client announces. */
const LENGTH = 32 * MIB;

/** The domains whose subdomains are buckets, by their dialects. */
export const DOMAINS = { s3: 's3.test', cos: 'cos.test', qs: 'pek3a.qs.test' } as const;

/** A request of a client without credentials, with an endless body. */
interface Endless {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly host?: string;
  readonly headers?: readonly string[];
  /** The beginning of the body. */
  readonly first?: string;
  /** Whether the signature is in the body, so that the server may request the body. */
  readonly isSignedWithin?: true;
  /** The rest of the body, repeated. */
  readonly then: Buffer;
}

const FORM = [`Content-Type: multipart/form-data; boundary=${BOUNDARY}`];
const FIELD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\n`;
const inDialects = (target: string, then: string, first = ''): Endless[] =>
  Object.entries(DOMAINS).map(([dialect, domain]) => ({
    name: `${dialect} POST ${target}`,
    method: 'POST',
    target,
    host: `bucket-1.${domain}`,
    headers: ['Content-MD5: AAAAAAAAAAAAAAAAAAAAAA=='],
    first,
    then: Buffer.from(then),
  }));

/** Requests with every kind of body that the server buffers or processes. */
function endlessRequests(account = '/v1/AUTH_test', container = 'c'): readonly Endless[] {
  const manifest = {
    method: 'PUT',
    target: `${account}/${container}/o?multipart-manifest=put`,
    first: '[',
    then: Buffer.from('{"data": "YQ=="},'),
  };
  const archive = { method: 'PUT', then: bzip2Bomb() };
  return [
    { ...manifest, name: 'a manifest' },
    {
      ...manifest,
      name: 'a manifest, with a token that is none',
      headers: ['X-Auth-Token: AUTH_tknone'],
    },
    { ...manifest, name: 'a manifest of paths', then: Buffer.from('{"path": "/c/o"},') },
    {
      name: 'a list of names',
      method: 'POST',
      target: `${account}?bulk-delete`,
      headers: ['Content-Type: text/plain'],
      then: Buffer.from('c/o\n'),
    },
    ...['tar', 'tar.gz', 'tar.bz2'].map((kind) => ({
      ...archive,
      name: kind,
      target: `${account}/${container}?extract-archive=${kind}`,
    })),
    {
      name: 'a form with one field',
      isSignedWithin: true,
      method: 'POST',
      target: `${account}/${container}`,
      headers: FORM,
      first: FIELD,
      then: Buffer.alloc(1024, 'v'),
    },
    {
      name: 'a form with many fields',
      isSignedWithin: true,
      method: 'POST',
      target: `${account}/${container}`,
      headers: FORM,
      then: Buffer.from(`${FIELD}v\r\n`),
    },
    {
      name: 'a form with a policy',
      isSignedWithin: true,
      method: 'POST',
      target: '/bucket-1',
      headers: FORM,
      first: FIELD,
      then: Buffer.alloc(1024, 'v'),
    },
    ...inDialects('/?delete', '<Object><Key>k</Key></Object>', '<Delete>'),
    ...inDialects('/k?uploadId=u', '<Part/>', '<CompleteMultipartUpload>'),
    ...inDialects('/?acl', '{"acl": [{}]},', '['),
  ];
}

/** How bodies are framed. */
const FRAMINGS = ['length', 'chunks', 'expect'] as const;

/**
 * Starts a client that sends as fast as the server reads, and never waits for a response.
 */
function besiege(
  url: string,
  request: Endless,
  framing: (typeof FRAMINGS)[number],
  rate: number,
): Besieger {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const besieger = { request, answer: '', isOver: false, end: () => socket.destroy() };
  const framed = {
    length: [`Content-Length: ${LENGTH}`],
    chunks: ['Transfer-Encoding: chunked'],
    expect: [`Content-Length: ${LENGTH}`, 'Expect: 100-continue'],
  }[framing];
  const { method, target, host = 'proxy.test', headers = [], first = '', then } = request;
  const head = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    ...headers,
    ...framed,
    '',
    '',
  ].join('\r\n');
  const piece = Buffer.concat(Array.from({ length: Math.ceil(4096 / then.length) }, () => then));
  const encoded = (bytes: Buffer) =>
    framing === 'chunks' && bytes.length > 0
      ? Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
      : bytes;
  const chunk = encoded(piece);
  let sent = 0;
  const began = performance.now();
  const max = () =>
    rate === Infinity ? LENGTH : (rate * (performance.now() - began)) / 1000 + piece.length;
  const timer = rate === Infinity ? undefined : setInterval(() => sent > 0 && send(), 100);
  const send = () => {
    while (sent + piece.length <= Math.min(LENGTH, max()) && !besieger.isOver) {
      sent += piece.length;
      if (!socket.write(chunk)) return;
    }
  };
  const begin = () => {
    socket.write(encoded(Buffer.from(first)));
    send();
  };
  socket.on('drain', send);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearInterval(timer);
    besieger.isOver = true;
  });
  socket.on('data', (bytes: Buffer) => {
    if (besieger.answer.length < 4096) besieger.answer += bytes.toString('latin1');
    if (framing === 'expect' && sent === 0 && besieger.answer.startsWith('HTTP/1.1 100')) begin();
  });
  socket.write(head, 'latin1');
  if (framing !== 'expect') begin();
  return besieger;
}

export interface Besieger {
  readonly request: Endless;
  /** The response so far. */
  readonly answer: string;
  readonly isOver: boolean;
  end(): void;
}

/**
 * Starts one of many clients; each index is another kind.
 *
 * @param rate maximum number of bytes to send in a second
 */
export function besiegerOf(url: string, index: number, rate = Infinity): Besieger {
  const requests = endlessRequests();
  const request = requests[index % requests.length];
  const framing = FRAMINGS[Math.floor(index / requests.length) % FRAMINGS.length];
  if (request === undefined || framing === undefined) throw new Error('no such request');
  return besiege(url, request, framing, rate);
}

/** Starts `count` concurrent clients, of all kinds. */
export function besiegers(url: string, count: number): Besieger[] {
  return Array.from({ length: count }, (_, index) => besiegerOf(url, index));
}
