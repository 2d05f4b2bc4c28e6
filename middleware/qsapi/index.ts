import { z } from 'zod';
import { flag } from '../../src/config/options';
import { checkLogins, loginsOf } from '../../src/dialects/logins';
import {
  dialectOptions,
  dialectPlace,
  partsOf,
  serverName,
  versionReaders,
} from '../../src/dialects/plugin';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { qsHandler } from './filter';
import { routes } from './operations';
import { recognise } from './recognise';

const options = z
  .object({
    ...dialectOptions,
    storage_domain: dialectOptions.storage_domain.describe(
      'Domains whose subdomains are buckets, with the zone: with `pek3a.qs.example`, `BUCKET.pek3a.qs.example` is the bucket `BUCKET`.',
    ),
    location: z.string().default('pek3a').describe('Zone that all buckets are shown to be in.'),
    // in GET Object and HEAD Object, a version requires the right to read the bucket
    version_readers: versionReaders('readers'),
    server: serverName('QingStor'),
    urls_with_free_text: flag
      .default(false)
      .describe(
        'Accept signed URLs with free text (`response-*`, `image`) before another signed parameter. Whoever chooses the text can then choose the version, too.',
      ),
  })
  .superRefine(checkLogins);

/**
 * Implements the API of QingStor: a bucket is a container, and a key an object's name.
 * Requests are recognised by their signature, or by the bucket in their Host; all others
 * pass. Client requests are translated into requests in Swift's API further down the
 * pipeline.
 */
export const qsapi: FilterPlugin<typeof options> = {
  name: 'qsapi',
  options,
  ...dialectPlace('QingStor'),
  credentialsFile: ({ credentials_file }) => credentials_file,
  claims: ({ storage_domain }, { target, headers }) => {
    const query = target.split('?', 2)[1] ?? '';
    return recognise({ query, headers }, storage_domain) !== undefined;
  },
  banner: () => ({ dialects: ['qingstor'] }),
  prefixes: ({ auth_path }) => [auth_path],
  ownsUnsignedPaths: ({ anonymous_account }) => anonymous_account !== undefined,
  create: (config, context) => {
    const parts = {
      ...partsOf(config, routes, context),
      server: config.server,
      takesUrlsWithFreeText: config.urls_with_free_text,
    };
    return (next) =>
      qsHandler(next, { ...parts, logins: loginsOf(config, context.credentials, next) });
  },
};
