import { newContainer, put } from '../../support/clients/containers';
import { newEnabled } from '../../conformance/with_ids/containers';
import { Client } from '../../support/clients/client';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';

const TESTER3 = 'test:tester3';

describeWithSwift('a right to write that is withdrawn at the store', ({ plain }) => {
  const proxy = suiteProxy(plain, { filter: 'allow_object_versioning = true' });

  it('lets nobody write in a container with ids any more, by whatever request', async () => {
    const owner = await proxy.login('tester');
    const container = await newEnabled(owner, { 'X-Container-Write': TESTER3 });
    const sources = await newContainer(owner, 'sources', { 'X-Container-Read': TESTER3 });
    await put(owner, sources, 'source', 'copied');
    const { url, credentials } = await proxy.login('tester3');
    const guest = new Client(url, credentials, owner.account);
    await put(guest, container, 'o', 'by the guest');

    const direct = await login(plain, 'tester');
    expect((await direct.ask('POST', `/${container}`, { 'X-Container-Write': '' })).status).toBe(
      204,
    );
    const path = `/${container}/o`;
    for (const [method, at, headers] of [
      ['PUT', path, {}],
      ['PUT', `/${container}/new`, {}],
      ['PUT', path, { 'X-Copy-From': `${sources}/source` }],
      ['COPY', `/${sources}/source`, { Destination: `${container}/o` }],
      ['PUT', path, { 'X-Symlink-Target': `${sources}/source` }],
      ['POST', path, { 'X-Object-Meta-Color': 'blue' }],
      ['DELETE', path, {}],
    ] as const)
      expect([method, headers, (await guest.ask(method, at, headers)).status]).toEqual([
        method,
        headers,
        403,
      ]);
    expect((await owner.ask('GET', path)).body.toString()).toBe('by the guest');
    expect(await owner.names(container)).toEqual(['o']);
  });
});
