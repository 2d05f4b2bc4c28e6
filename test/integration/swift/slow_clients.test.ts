import { slowClientsSuite, STALL_TIME } from '../../conformance/slow_clients';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';

describeWithSwift('slow clients of a proxy', ({ plain }) => {
  const proxy = suiteProxy(plain, { filter: `upload_stall_time = ${STALL_TIME}` });
  slowClientsSuite(() => proxy.login('tester'));
});
