import { eventually } from '../../support/running/eventually';
import { OK } from '../../support/stores/fake_store';
import { onWire } from '../../support/servers/wire';

it('connections beyond max_connections are closed as they come, and the log says so once', () =>
  onWire(
    OK,
    async ({ open, log }) => {
      const clients = [await open(), await open()];
      for (const each of clients) expect((await each.ask('GET', '/healthcheck')).status).toBe(200);
      for (let i = 0; i < 3; i++) expect((await (await open()).ended()).length).toBe(0);
      for (const each of clients) expect((await each.ask('GET', '/healthcheck')).status).toBe(200);
      await clients[0]?.leave();
      await eventually('another is let in', async () => {
        const answer = await (await open()).ask('GET', '/healthcheck').catch(() => undefined);
        return answer?.status === 200;
      });
      const lines = log.filter((line) => 'max_connections' in line);
      expect(lines).toMatchObject([{ max_connections: 2, refused: 1 }]);
    },
    { defaults: 'max_connections = 2' },
  ));
