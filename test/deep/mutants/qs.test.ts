import { captures } from '../../support/clients/captures';
import { fuzzed, SEED } from '../../support/judges/mutants';
import { acceptingQs, qsMeaning, qsSignedAt } from '../../support/clients/qs/requests';
import { depth } from '../../support/running/depth';

const COUNT = depth({ gate: 5_000, deep: 100_000 });

const names = [
  'x-qs-copy-source',
  'X_QS_Copy_Source',
  'x-qs-meta-a_b',
  'Authorization',
  'Date',
  'x-qs-date',
  'content-md5',
  'Content_Type',
];
const values = [
  '',
  '0',
  '-1',
  'QS AK:',
  'QS-HMAC-SHA256 AK:x',
  '/bkt-name/x',
  'AWS4-HMAC-SHA256',
  '9'.repeat(20),
];

it(`of ${COUNT} mutated requests none is accepted, and nothing breaks`, async () => {
  // if the version id is not signed, the request without it is rightly signed
  const originals = [...captures('qs.txt'), ...captures('qs-java.txt')].filter(
    ({ target }) => !/\?version_id=[^&]*$/.test(target),
  );
  const filters = originals.map((each) => acceptingQs({ now: () => qsSignedAt(each) }));
  const headers = { names, values };
  const statuses = await fuzzed({
    originals,
    filters,
    count: COUNT,
    seed: SEED,
    headers,
    meaning: qsMeaning,
  });
  // 299: no longer recognisable as QingStor's, and passed on unchanged
  expect([...statuses.keys()].filter((status) => status < 299)).toEqual([]);
  expect(statuses.get(401)).toBeGreaterThan(COUNT / 10);
}, 600_000);
