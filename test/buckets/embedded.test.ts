import { openEmbedded } from '../support/buckets/store';
import { listingsSuite } from './listings';

describe('listings of buckets over the embedded store', () => {
  listingsSuite(openEmbedded, 200);
});
