import { describeWithKeystone } from '../../support/servers/keystone';
import { describeS3 } from './s3';
import { describeSwift } from './swift';

describeWithKeystone('a Swift whose users log in with Keystone', (running) => {
  describe("through Swift's API", () => describeSwift(running));
  describe("through S3's API", () => describeS3(running));
});
