import { embeddedStage, upstreamStage } from '../../support/crash/stages';
import { crashMatrix } from '../../support/crash/suite';

describe('over a store of its own', () => {
  crashMatrix('in the same process', embeddedStage, { nexts: 3, dialects: 'all', lanes: 16 });
  crashMatrix('behind a proxy with a service user', () => upstreamStage({ service: true }), {
    nexts: 3,
    dialects: 'none',
    lanes: 16,
  });
});
