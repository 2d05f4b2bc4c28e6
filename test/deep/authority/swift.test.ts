import { openSwift, type BucketStore } from '../../support/stores/bucket_store';
import { depth } from '../../support/running/depth';
import { describeWithSwift } from '../../support/servers/swift';
import { holdsOver } from './property';

const SEED = Number(process.env['AUTHORITY_SEED'] ?? 20_261_129);
const WORLDS = Number(process.env['AUTHORITY_WORLDS'] ?? depth({ gate: 2, deep: 40 }));

describeWithSwift("what is asked in the service user's name of a Swift", ({ plain }) => {
  let store: BucketStore;
  beforeAll(async () => {
    store = await openSwift(plain);
  });
  afterAll(() => store.close());

  it(
    'follows from the right of the client that asks',
    () => holdsOver(store, { worlds: WORLDS, seed: SEED }),
    60_000 + WORLDS * 10_000,
  );
});
