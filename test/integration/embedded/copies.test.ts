import { copiesSuite } from '../../conformance/copies';
import { suiteEmbedded } from '../../support/servers/embedded';

describe('copies and bodies in a store of our own', () => {
  const server = suiteEmbedded();
  copiesSuite(() => server.login('test:tester', 'testing'));
});
