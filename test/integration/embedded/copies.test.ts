import { copiesSuite } from '../../conformance/copies';
import { startEmbedded, type EmbeddedServer } from '../../support/servers/embedded';

describe('copies and bodies in a store of our own', () => {
  let server: EmbeddedServer;
  beforeAll(async () => {
    server = await startEmbedded();
  });
  afterAll(() => server.close());
  copiesSuite(() => server.login('test:tester', 'testing'));
});
