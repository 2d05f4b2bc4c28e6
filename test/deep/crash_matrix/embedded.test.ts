import { killedExamples } from '../../support/judges/crash/examples';
import { embeddedStage, upstreamStage } from '../../support/judges/crash/stages';
import { crashMatrix } from '../../support/judges/crash/suite';
import { depth } from '../../support/running/depth';

describe('over a store of its own', () => {
  killedExamples('in the same process', embeddedStage);
  if (depth({ gate: false, deep: true }))
    killedExamples('behind a proxy with a service user', () => upstreamStage({ service: true }));
  crashMatrix('in the same process', embeddedStage, {
    nexts: depth({ gate: 1, deep: 3 }),
    dialects: 'all',
    operations: depth({ gate: 52, deep: 1 }),
    gaps: depth({ gate: 2, deep: 1 }),
    lanes: 16,
  });
  crashMatrix('behind a proxy with a service user', () => upstreamStage({ service: true }), {
    nexts: depth({ gate: 1, deep: 3 }),
    dialects: 'none',
    operations: depth({ gate: 76, deep: 1 }),
    gaps: depth({ gate: 3, deep: 1 }),
    lanes: 16,
  });
});
