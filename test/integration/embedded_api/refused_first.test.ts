import { refusedFirstSuite } from '../../conformance/refused_first';
import { startEmbedded, type EmbeddedServer } from '../../support/servers/embedded';

describe('refusals over a store of its own', () => {
  let server: EmbeddedServer;
  beforeAll(async () => {
    server = await startEmbedded();
  });
  afterAll(() => server.close());
  refusedFirstSuite(() => server.login('test:tester', 'testing'));
});
