import type { Client } from '../../support/clients/client';
import { bodies, current, newPair, put } from '../../support/clients/containers';
import { presignedForS3, signedForS3 } from '../../support/clients/signatures';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, USERS } from '../../support/servers/swift';

/** A request that is signed in its header, and in its query. */
function signed(method: string, path: string) {
  const user = USERS.tester;
  return [
    [path, signedForS3(user, method, path)],
    [presignedForS3(user, method, path), {}],
  ] as const;
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
    for (const [target, fields] of signed(method, path)) {
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
    for (const [target, fields] of signed('GET', path))
      expect((await client.send('GET', target, fields)).body.toString()).toBe('one');
  });
});
