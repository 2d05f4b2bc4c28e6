import { killedExamples } from '../../support/judges/crash/examples';
import { swiftStage } from '../../support/judges/crash/stages';
import { crashMatrix } from '../../support/judges/crash/suite';
import { describeWithSwift } from '../../support/servers/swift';
import { depth, describeInDepth } from '../../support/running/depth';

describeWithSwift('over a Swift', ({ plain }) => {
  // the gate runs these over the embedded store
  describeInDepth('examples', () =>
    killedExamples('with the service user', () => swiftStage(plain, { service: true })),
  );
  crashMatrix('with the service user', () => swiftStage(plain, { service: true }), {
    nexts: depth({ gate: 1, deep: 2 }),
    dialects: 'changes',
    operations: depth({ gate: 116, deep: 1 }),
    gaps: depth({ gate: 3, deep: 1 }),
    lanes: 8,
  });
  crashMatrix("with the client's token", () => swiftStage(plain, { service: false }), {
    nexts: 1,
    dialects: 'none',
    operations: depth({ gate: 296, deep: 1 }),
    gaps: depth({ gate: 3, deep: 1 }),
    lanes: 8,
  });
});
