import { rightsBeforeBodiesSuite } from '../../conformance/rights_before_bodies';
import { suiteEmbedded } from '../../support/servers/embedded';

describe('bodies of clients without a right, over a store of its own', () => {
  const server = suiteEmbedded();
  rightsBeforeBodiesSuite(() => server.login('test:tester', 'testing'));
});
