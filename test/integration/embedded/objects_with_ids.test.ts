import { objectsTable } from '../../conformance/with_ids/objects';
import { startEmbedded, type EmbeddedServer } from '../../support/servers/embedded';

const USERS = {
  tester: ['test:tester', 'testing'],
  tester2: ['test2:tester2', 'testing2'],
  tester3: ['test:tester3', 'testing3'],
} as const;

describe('objects with ids, over a store of its own', () => {
  let server: EmbeddedServer;
  beforeAll(async () => {
    server = await startEmbedded();
  });
  afterAll(() => server.close());

  objectsTable(() => ({ login: (user) => server.login(USERS[user][0], USERS[user][1]) }));
});
