import { z } from 'zod';
import { MAX_PARTS } from '../../src/buckets/uploads/uploads';
import { flag } from '../../src/config/options';
import { checkLogins, loginsOf } from '../../src/dialects/logins';
import {
  dialectOptions,
  dialectPlace,
  partsOf,
  serverName,
  versionReaders,
} from '../../src/dialects/plugin';
import { withInfo } from '../../src/plugin/info';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { cosHandler } from './filter';
import { routes } from './operations';
import { recognise } from './recognise';

const options = z
  .object({
    ...dialectOptions,
    storage_domain: dialectOptions.storage_domain.describe(
      'Domains whose subdomains are buckets: with `cos.example`, `BUCKET-APPID.cos.example` is the bucket `BUCKET-APPID`.',
    ),
    version_readers: versionReaders('owners'),
    location: z
      .string()
      .default('ap-guangzhou')
      .describe('Region that all buckets are shown to be in. Requests may name any.'),
    server: serverName('tencent-cos'),
    urls_without_bucket: flag
      .default(false)
      .describe(
        'Accept signed URLs whose signature does not cover their bucket. They are valid for every bucket of their signer.',
      ),
    headers_without_operation: flag
      .default(false)
      .describe(
        'Accept signatures in `Authorization` that do not cover the parameters that select the operation, as very old SDKs make them. Holders of a signed URL can then do more with it than it was signed for.',
      ),
  })
  .superRefine(checkLogins);

const CAPABILITIES = {
  max_bucket_listing: 1000,
  max_upload_part_num: MAX_PARTS,
  max_multi_delete_objects: 1000,
};

/**
 * Implements the API of Tencent COS: a bucket, its APPID included, is a container, and a
 * key an object's name. Requests are recognised by their signature, or by the bucket in
 * their Host; all others pass. Client requests are translated into requests in Swift's
 * API further down the pipeline.
 */
export const cosapi: FilterPlugin<typeof options> = {
  name: 'cosapi',
  options,
  ...dialectPlace('COS'),
  credentialsFile: ({ credentials_file }) => credentials_file,
  claims: ({ storage_domain }, { target, headers }) => {
    const [, query = ''] = target.split('?', 2);
    return recognise({ query, headers }, storage_domain) !== undefined;
  },
  banner: () => ({ dialects: ['cos'] }),
  prefixes: ({ auth_path }) => [auth_path],
  ownsUnsignedPaths: ({ anonymous_account }) => anonymous_account !== undefined,
  create: (config, context) => {
    const parts = {
      ...partsOf(config, routes, context),
      server: config.server,
      takesUrlsWithoutBucket: config.urls_without_bucket,
      takesHeadersWithoutOperation: config.headers_without_operation,
    };
    return (next) => {
      const logins = loginsOf(config, context.credentials, next);
      return withInfo(cosHandler(next, { ...parts, logins }), { cosapi: CAPABILITIES });
    };
  },
};
