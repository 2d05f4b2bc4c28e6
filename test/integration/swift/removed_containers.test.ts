import { MODES, newPair } from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';

const ROUNDS = 8;

describeWithSwift('a container with a mode that is deleted while it is written to', ({ plain }) => {
  const proxy = suiteProxy(plain);

  it.each(MODES)('is there with its setting, or is not there: %s', async (mode) => {
    const client = await proxy.login('tester');
    for (let round = 0; round < ROUNDS; round++) {
      const { container } = await newPair(client, mode);
      const [first, removed, second] = await Promise.all([
        client.ask('PUT', `/${container}/o`, {}, 'first'),
        client.ask('DELETE', `/${container}`),
        client.ask('PUT', `/${container}/p`, {}, 'second'),
      ]);
      const head = await client.ask('HEAD', `/${container}`);
      const setting = head.headers.get(
        mode === 'stack' ? 'x-versions-location' : 'x-history-location',
      );
      const statuses = [first.status, removed.status, second.status];
      if (removed.status === 204 && head.status < 300)
        throw new Error(`it was deleted and is there: ${statuses.join()}, ${setting}`);
      expect([statuses, head.status < 300]).toEqual([statuses, setting !== undefined]);
    }
  });
});
