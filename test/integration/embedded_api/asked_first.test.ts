import { askedFirstSuite } from '../../conformance/asked_first';
import { startEmbedded, type EmbeddedServer } from '../../support/servers/embedded';

describe('bodies of clients without a right, over a store of its own', () => {
  let server: EmbeddedServer;
  beforeAll(async () => {
    server = await startEmbedded();
  });
  afterAll(() => server.close());
  askedFirstSuite(() => server.login('test:tester', 'testing'));
});
