import { rightsBeforeBodiesSuite } from '../../conformance/rights_before_bodies';
import { startEmbedded, type EmbeddedServer } from '../../support/servers/embedded';

describe('bodies of clients without a right, over a store of its own', () => {
  let server: EmbeddedServer;
  beforeAll(async () => {
    server = await startEmbedded();
  });
  afterAll(() => server.close());
  rightsBeforeBodiesSuite(() => server.login('test:tester', 'testing'));
});
