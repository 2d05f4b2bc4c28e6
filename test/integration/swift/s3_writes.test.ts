import { createHmac } from 'node:crypto';
import type { Client } from '../../support/clients/client';
import { bodies, current, newPair, put } from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, USERS } from '../../support/servers/swift';

/**
 * Signs a request by version 2 of S3's signatures: a string of the request's parts, in
 * the header or in the query.
 */
function signed(method: string, path: string): { headers: Record<string, string>; query: string } {
  const [user, key] = USERS.tester;
  const hmac = (text: string) => createHmac('sha1', key).update(text).digest('base64');
  const date = new Date().toUTCString();
  const expires = Math.floor(Date.now() / 1000) + 600;
  return {
    headers: {
      Date: date,
      Authorization: `AWS ${user}:${hmac(`${method}\n\n\n${date}\n${path}`)}`,
    },
    query: `AWSAccessKeyId=${user}&Expires=${expires}&Signature=${encodeURIComponent(hmac(`${method}\n\n\n${expires}\n${path}`))}`,
  };
}

describeWithSwift("the store's own S3 API", ({ plain }) => {
  const proxy = suiteProxy(plain);

  async function versioned(): Promise<{ client: Client; container: string; archive: string }> {
    const client = await proxy.login('tester');
    const pair = await newPair(client, 'history');
    await put(client, pair.container, 'object', 'one');
    return { client, ...pair };
  }

  it.each(['PUT', 'DELETE'])('does not %s past the versions of a container', async (method) => {
    const { client, container, archive } = await versioned();
    const path = `/${container}/object`;
    const { headers, query } = signed(method, path);
    for (const [target, fields] of [
      [path, headers],
      [`${path}?${query}`, {}],
    ] as const) {
      const { status, body } = await client.send(
        method,
        target,
        fields,
        method === 'PUT' ? 'two' : undefined,
      );
      expect(status).toBe(501);
      expect(body.toString()).toContain('<Code>NotImplemented</Code>');
    }
    expect(await current(client, container, 'object')).toBe('one');
    expect(await bodies(client, archive)).toEqual([]);
  });

  it('reads', async () => {
    const { client, container } = await versioned();
    const path = `/${container}/object`;
    const { headers, query } = signed('GET', path);
    expect((await client.send('GET', path, headers)).body.toString()).toBe('one');
    expect((await client.send('GET', `${path}?${query}`)).body.toString()).toBe('one');
  });
});
