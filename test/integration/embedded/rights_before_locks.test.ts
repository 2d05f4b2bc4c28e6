import { rightsBeforeLocksSuite } from '../../conformance/rights_before_locks';
import { suiteEmbedded } from '../../support/servers/embedded';

describe('refusals over a store of its own', () => {
  const server = suiteEmbedded();
  rightsBeforeLocksSuite(() => server.login('test:tester', 'testing'));
});
