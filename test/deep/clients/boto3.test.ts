import { join } from 'node:path';
import { describeClient, suiteWorkplace } from '../../support/clients/s3/debian';
import { bucketName } from '../../support/clients/s3/sdk';

const CHECKS = join(__dirname, 'boto3_checks.py');

/** The checks of `boto3_checks.py`; those that Swift's own s3api fails have a reason. */
const NAMES: readonly (readonly [check: string, deviation?: string])[] = [
  ['objects'],
  ['pages'],
  ['versions', 'a removal tells the version that it restores'],
  ['version_pages', 'NextVersionIdMarker is null'],
  ['markers'],
  ['marker_by_id', '404'],
  ['copies'],
  ['many_deletes'],
  ['null_versions', 'null versions get ids'],
  ['resources'],
  ['transfers', 'what was sent in parts is not restored'],
  ['presigned'],
  ['presigned_v2', 'it takes parameters that are not signed'],
  ['posted_v2', 'it has no forms'],
  ['tags', 'not implemented'],
  ['corners', 'not implemented'],
];

describeClient('python3-boto3', (store) => {
  const place = suiteWorkplace();
  for (const [check, deviation] of NAMES) {
    const test = async () => {
      const { url, region, accessKey, secretKey } = store.endpoint;
      await place.output('/usr/bin/python3', [
        CHECKS,
        url,
        region,
        accessKey,
        secretKey,
        check,
        bucketName(),
      ]);
    };
    if (deviation === undefined) it(check, test);
    else store.deviating(deviation)(check, test);
  }
});
