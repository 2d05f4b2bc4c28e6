import { bzip2Bomb } from '../support/clients/archives';
import { Client } from '../support/clients/client';
import { newContainer, put } from '../support/clients/containers';
import { Headers } from '../../src/http/headers';
import { RawConnection, values } from '../support/clients/raw_connection';
import { BOUNDARY } from '../support/clients/forms';

const MIB = 1024 * 1024;

/** A request whose body Hindsight buffers or processes before the store sees it. */
interface RequestWithBody {
  readonly name: string;
  readonly method: string;
  /** Below the account. */
  readonly path: string;
  readonly headers?: readonly string[];
  /**
   * Where a refusal's status is: bulk operations answer 200 and put it in their report.
   */
  readonly statusIn: 'status' | 'report';
  /** A piece of the body, which is sent repeatedly. */
  readonly body: Buffer;
}

/** The requests that this suite sends, in a container. */
function requestsWithBody(container: string): RequestWithBody[] {
  const archive = { method: 'PUT', statusIn: 'report' } as const;
  const object = `/${container}/o`;
  return [
    {
      name: 'a manifest',
      method: 'PUT',
      path: `${object}?multipart-manifest=put`,
      statusIn: 'status',
      body: Buffer.from('[{"path": "/c/o"},'),
    },
    {
      name: 'a list of names',
      method: 'POST',
      path: '?bulk-delete',
      headers: ['Content-Type: text/plain'],
      statusIn: 'report',
      body: Buffer.from('/c/o\n'),
    },
    ...['tar', 'tar.gz', 'tar.bz2'].map((kind) => ({
      ...archive,
      name: `an archive, ${kind}`,
      path: `/${container}?extract-archive=${kind}`,
      body: bzip2Bomb(),
    })),
    {
      ...archive,
      name: 'an archive for an account',
      path: '?extract-archive=tar',
      body: Buffer.alloc(512),
    },
  ];
}

/**
 * A client with no credentials, or bad ones, is refused before its body is requested or
 * read, and can read the refusal: over any store, if the pipeline has `bulk`.
 *
 * @param readsForms whether the pipeline has `formpost` and does not leave forms to the
 *   store
 */
export function rightsBeforeBodiesSuite(
  login: () => Promise<Client>,
  { readsForms = true } = {},
): void {
  let client: Client;
  let container: string;
  beforeAll(async () => {
    client = await login();
    container = await newContainer(client, 'asked-first');
    await put(client, container, 'o', 'there');
  });

  const open = () => RawConnection.open(client.url);
  const statusOf = ({ statusIn }: RequestWithBody, status: number, body: Buffer) =>
    statusIn === 'status' ? status : Number(/Response Status: (\d+)/.exec(body.toString())?.[1]);
  const each = (test: (request: RequestWithBody) => Promise<void>) => async () => {
    for (const one of requestsWithBody(container)) {
      try {
        await test(one);
      } catch (error) {
        throw new Error(`${one.name}: ${String(error)}`, { cause: error });
      }
    }
  };

  it.each([
    ['a length', [`Content-Length: ${MIB}`]],
    ['a length, waiting for 100-continue', [`Content-Length: ${MIB}`, 'Expect: 100-continue']],
    ['chunks', ['Transfer-Encoding: chunked']],
    ['an invalid token', [`Content-Length: ${MIB}`, 'X-Auth-Token: AUTH_tknone']],
  ])('the refusal does not wait for the body: with %s', (_, lines) =>
    each(async (one) => {
      const connection = await open();
      try {
        const { method, path, headers = [] } = one;
        await connection.head(method, `${client.account}${path}`, ...headers, ...lines);
        const { status, body } = await connection.answer();
        expect([one.name, statusOf(one, status, body)]).toEqual([one.name, 401]);
      } finally {
        await connection.leave();
      }
    })(),
  );

  it(
    'a client that sends the whole body without waiting can read the refusal',
    each(async (one) => {
      const connection = await open();
      try {
        const { method, path, headers = [], body } = one;
        const times = Math.ceil((2 * MIB) / body.length);
        const length = `Content-Length: ${times * body.length}`;
        await connection.head(method, `${client.account}${path}`, ...headers, length);
        await connection.write(Buffer.concat(Array.from({ length: times }, () => body)));
        const answer = await connection.answer();
        expect([one.name, statusOf(one, answer.status, answer.body)]).toEqual([one.name, 401]);
        expect(answer.complete).toBe(true);
        expect(values(answer, 'connection')).toEqual(['close']);
      } finally {
        await connection.leave();
      }
    }),
  );

  it('a form that no key could have signed is refused before its body is requested', async () => {
    if (!readsForms) return;
    const connection = await open();
    const type = `Content-Type: multipart/form-data; boundary=${BOUNDARY}`;
    const lines = [type, `Content-Length: ${MIB}`, 'Expect: 100-continue'];
    await connection.head('POST', `${client.account}/${container}`, ...lines);
    expect((await connection.answer()).status).toBe(401);
    await connection.leave();
  });

  it('nothing was changed, and clients with the right are served', async () => {
    expect((await client.ask('GET', `/${container}/o`)).body.toString()).toBe('there');
    const manifest = JSON.stringify([{ path: `/${container}/o` }]);
    const put = await client.ask('PUT', `/${container}/large?multipart-manifest=put`, {}, manifest);
    expect(put.status).toBe(201);
    const anonymous = new Client(client.url, Headers.none, client.account);
    const refused = await anonymous.ask(
      'PUT',
      `/${container}/x?multipart-manifest=put`,
      {},
      manifest,
    );
    expect(refused.status).toBe(401);
    const list = await client.ask(
      'POST',
      '?bulk-delete',
      { 'Content-Type': 'text/plain' },
      `${container}/o`,
    );
    expect(list.body.toString()).toMatch('Number Deleted: 1');
  });
}
