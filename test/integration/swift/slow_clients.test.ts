import { slowClientsSuite, STALL_TIME } from '../../support/slow_clients';
import { suiteProxy } from '../../support/suite';
import { describeWithSwift } from '../../support/swift';

describeWithSwift('slow clients of a proxy', ({ plain }) => {
  const proxy = suiteProxy(plain, { filter: `upload_stall_time = ${STALL_TIME}` });
  slowClientsSuite(() => proxy.login('tester'));
});
