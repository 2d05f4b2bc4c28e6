import { z } from 'zod';
import { MOST_PARTS } from '../../src/buckets/uploads';
import { seconds, words } from '../../src/config/options';
import { toBytes } from '../../src/http/bytes';
import { withInfo } from '../../src/info';
import type { FilterPlugin } from '../../src/plugin';
import { s3Handler } from './filter';
import { checkLogins, loginOptions, loginsOf } from '../../src/dialects/logins';
import { routes } from './operations';
import { postForm } from './operations/post_form';
import { recognise } from './recognise';
import { signersOf } from './signature/signers';

const domains = words.transform((names) => names.map((name) => name.toLowerCase().replace(/^\./, '')));

const options = z
  .object({
    credentials_file: z.string().optional(),
    storage_domain: domains.default([]),
    location: z.string().default('us-east-1'),
    ...loginOptions,
    anonymous_account: z.string().optional(),
    clock_skew: seconds(1, 86_400).default(900_000),
  })
  .superRefine(checkLogins);

/** By the names that Swift's own s3api has for them. */
const CAPABILITIES = {
  max_bucket_listing: 1000,
  max_parts_listing: 1000,
  max_upload_part_num: MOST_PARTS,
  max_multi_delete_objects: 1000,
  allow_multipart_uploads: true,
  min_segment_size: 5 * 1024 * 1024,
  s3_acl: false,
};

/**
 * Speaks the API of Amazon S3: a bucket is a container, a key an object's name. Requests are known by how they are signed; all others go on.
 * What clients ask is asked further down the pipeline, in Swift's API.
 */
export const s3api: FilterPlugin<typeof options> = {
  name: 's3api',
  options,
  requires: { gatekeeper: 'it hides from clients of Swift what is noted for those of S3' },
  precedes: {
    tempauth: 'it asks in the name of users, who are logged in there',
    container_quotas: 'what it writes would not be counted',
    account_quotas: 'what it writes would not be counted',
    versioned_writes: 'what it writes would not be versioned',
  },
  credentialsFile: ({ credentials_file }) => credentials_file,
  claims: ({ storage_domain }, { method, target, headers }) => {
    const [path = '', query = ''] = target.split('?', 2);
    return recognise({ method, path, query, headers }, storage_domain) !== undefined;
  },
  introduce: () => ({ dialects: ['s3'] }),
  create: (given, { credentials, log }) => {
    const { storage_domain, location, clock_skew: skew, anonymous_account } = given;
    const anonymous =
      anonymous_account === undefined ? undefined : { account: toBytes(anonymous_account), token: undefined };
    return (next) => {
      const { known, sessions } = loginsOf(given, credentials, next);
      const signers = signersOf(known, sessions);
      const parts = { routes, postForm, signers, domains: storage_domain, location, skew, anonymous, log };
      return withInfo(s3Handler(next, parts), { s3api: CAPABILITIES });
    };
  },
};
