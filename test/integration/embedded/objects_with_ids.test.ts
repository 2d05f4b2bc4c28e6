import { objectsTable } from '../../conformance/with_ids/objects';
import { suiteEmbedded } from '../../support/servers/embedded';

const USERS = {
  tester: ['test:tester', 'testing'],
  tester2: ['test2:tester2', 'testing2'],
  tester3: ['test:tester3', 'testing3'],
} as const;

describe('objects with ids, over a store of its own', () => {
  const server = suiteEmbedded();

  objectsTable(() => ({ login: (user) => server.login(USERS[user][0], USERS[user][1]) }));
});
