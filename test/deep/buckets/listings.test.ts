import { openEmbedded, openSwift } from '../../support/buckets/store';
import { runs } from '../../support/runs';
import { describeWithSwift } from '../../support/swift';
import { listingsSuite } from './listings';

describe('listings of buckets over the embedded store', () => {
  listingsSuite(openEmbedded, runs(200));
});

describeWithSwift('listings of buckets over a Swift', ({ plain }) => {
  listingsSuite(() => openSwift(plain), runs(20));
});
