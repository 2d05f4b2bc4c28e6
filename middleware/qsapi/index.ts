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
    location: z.string().default('pek3a'),
    // by GET Object and HEAD Object a version takes the right to read the bucket
    version_readers: versionReaders.default('readers'),
    server: serverName.default('QingStor'),
    urls_with_free_text: flag.default(false),
  })
  .superRefine(checkLogins);

/**
 * Speaks the API of QingStor: a bucket is a container, a key an object's name. Requests are known by
 * how they are signed, or by the bucket in their Host; all others go on.
 * What clients ask is asked further down the pipeline, in Swift's API.
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
  create: (given, { credentials, log }) => {
    const parts = {
      ...partsOf(given, routes, log),
      server: given.server,
      takesUrlsWithFreeText: given.urls_with_free_text,
    };
    return (next) => qsHandler(next, { ...parts, logins: loginsOf(given, credentials, next) });
  },
};
