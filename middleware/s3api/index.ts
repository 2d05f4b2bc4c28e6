import { z } from 'zod';
import { MAX_PARTS } from '../../src/buckets/uploads/uploads';
import { withInfo } from '../../src/plugin/info';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { s3Handler } from './filter';
import { SIGNATURE_V2_MODES } from './signature/kind';
import { checkLogins, loginsOf } from '../../src/dialects/logins';
import { seconds } from '../../src/config/options';
import { dialectOptions, dialectPlace, partsOf, versionReaders } from '../../src/dialects/plugin';
import { routes } from './operations';
import { postForm } from './operations/post_form';
import { recognise } from './recognise';
import { createSigners } from './signature/signers';
import { MIN_PART_SIZE } from './wire_format';

const options = z
  .object({
    ...dialectOptions,
    version_readers: versionReaders('owners'),
    location: z
      .string()
      .default('us-east-1')
      .describe('Region that all buckets are shown to be in.'),
    signature_v2: z
      .enum(SIGNATURE_V2_MODES, { error: `not known; known: ${SIGNATURE_V2_MODES.join(', ')}` })
      .default('urls')
      .describe(
        'Which requests may have a signature of version 2. `urls`: presigned URLs and forms. `all`: also requests with `Authorization: AWS KEY:SIGNATURE`. `off`: none.',
      ),
    signature_v2_max_age: seconds(1, 315_360_000)
      .default(604_800_000)
      .describe('For how long a URL or a form with a signature of version 2 may be valid.'),
  })
  .superRefine(checkLogins);

/** Named as in Swift's own s3api. */
const CAPABILITIES = {
  max_bucket_listing: 1000,
  max_parts_listing: 1000,
  max_upload_part_num: MAX_PARTS,
  max_multi_delete_objects: 1000,
  allow_multipart_uploads: true,
  min_segment_size: MIN_PART_SIZE,
  s3_acl: false,
};

/**
 * Implements the API of Amazon S3: a bucket is a container, and a key an object's name.
 * Requests are recognised by their signature; all others pass. Client requests are
 * translated into requests in Swift's API further down the pipeline.
 */
export const s3api: FilterPlugin<typeof options> = {
  name: 's3api',
  options,
  ...dialectPlace('S3'),
  credentialsFile: ({ credentials_file }) => credentials_file,
  claims: ({ storage_domain }, { method, target, headers }, paths) => {
    const [path = '', query = ''] = target.split('?', 2);
    return recognise({ method, path, query, headers }, storage_domain, paths) !== undefined;
  },
  banner: () => ({ dialects: ['s3'] }),
  prefixes: ({ auth_path }) => [auth_path],
  ownsUnsignedPaths: ({ anonymous_account }) => anonymous_account !== undefined,
  create: (config, context) => {
    const { credentials, paths } = context;
    const signatureV2 = { mode: config.signature_v2, maxAge: config.signature_v2_max_age };
    const parts = { ...partsOf(config, routes, context), signatureV2 };
    return (next) => {
      const logins = loginsOf(config, credentials, next);
      const signers = createSigners(logins.credentialSource, logins.sessions);
      return withInfo(s3Handler(next, { ...parts, paths, postForm, signers, logins }), {
        s3api: CAPABILITIES,
      });
    };
  },
};
