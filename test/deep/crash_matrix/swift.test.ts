import { swiftStage } from '../../support/crash/stages';
import { crashMatrix } from '../../support/crash/suite';
import { describeWithSwift } from '../../support/swift';

describeWithSwift('over a Swift', ({ plain }) => {
  crashMatrix('with the service user', () => swiftStage(plain, { service: true }), {
    nexts: 2,
    dialects: 'changes',
    lanes: 8,
  });
  crashMatrix("with the client's token", () => swiftStage(plain, { service: false }), {
    nexts: 1,
    dialects: 'none',
    lanes: 8,
  });
});
