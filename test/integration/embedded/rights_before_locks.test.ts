import { rightsBeforeLocksSuite } from '../../conformance/rights_before_locks';
import { startEmbedded, type EmbeddedServer } from '../../support/servers/embedded';

describe('refusals over a store of its own', () => {
  let server: EmbeddedServer;
  beforeAll(async () => {
    server = await startEmbedded();
  });
  afterAll(() => server.close());
  rightsBeforeLocksSuite(() => server.login('test:tester', 'testing'));
});
