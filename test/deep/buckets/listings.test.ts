import { openEmbedded, openSwift } from '../../support/stores/bucket_store';
import { runs } from '../../support/running/runs';
import { describeWithSwift } from '../../support/servers/swift';
import { listingsSuite } from './listings';

describe('listings of buckets over the embedded store', () => {
  listingsSuite(openEmbedded, runs(200));
});

describeWithSwift('listings of buckets over a Swift', ({ plain }) => {
  listingsSuite(() => openSwift(plain), runs(20));
});
