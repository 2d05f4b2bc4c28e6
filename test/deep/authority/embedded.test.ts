import { openEmbedded, type BucketStore } from '../../support/stores/bucket_store';
import { depth } from '../../support/running/depth';
import { holdsOver } from './property';

const SEED = Number(process.env['AUTHORITY_SEED'] ?? 20_261_129);
const WORLDS = Number(process.env['AUTHORITY_WORLDS'] ?? depth({ gate: 10, deep: 400 }));

describe("what is asked in the service's name of a store of its own", () => {
  let store: BucketStore;
  beforeAll(async () => {
    store = await openEmbedded('tempurl');
  });
  afterAll(() => store.close());

  it(
    'follows from the right of the client that asks',
    () => holdsOver(store, { worlds: WORLDS, seed: SEED }),
    60_000 + WORLDS * 5000,
  );
});
