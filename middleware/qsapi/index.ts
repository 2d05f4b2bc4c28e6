import { z } from 'zod';
import { seconds, words } from '../../src/config/options';
import { checkLogins, loginOptions, loginsOf } from '../../src/dialects/logins';
import { toBytes } from '../../src/http/bytes';
import type { FilterPlugin } from '../../src/plugin';
import { qsHandler } from './filter';
import { routes } from './operations';
import { recognise } from './recognise';

const domains = words.transform((names) => names.map((name) => name.toLowerCase().replace(/^\./, '')));

const options = z
  .object({
    credentials_file: z.string().optional(),
    storage_domain: domains.default([]),
    location: z.string().default('pek3a'),
    ...loginOptions,
    anonymous_account: z.string().optional(),
    clock_skew: seconds(1, 86_400).default(900_000),
  })
  .superRefine(checkLogins);

/**
 * Speaks the API of QingStor: a bucket is a container, a key an object's name. Requests are known by how they are signed; all others go on.
 * What clients ask is asked further down the pipeline, in Swift's API.
 */
export const qsapi: FilterPlugin<typeof options> = {
  name: 'qsapi',
  options,
  requires: { gatekeeper: 'it hides from clients of Swift what is noted for those of QingStor' },
  precedes: {
    tempauth: 'it asks in the name of users, who are logged in there',
    container_quotas: 'what it writes would not be counted',
    account_quotas: 'what it writes would not be counted',
    versioned_writes: 'what it writes would not be versioned',
  },
  credentialsFile: ({ credentials_file }) => credentials_file,
  claims: ({ storage_domain }, { target, headers }) => {
    const query = target.split('?', 2)[1] ?? '';
    return recognise({ query, headers }, storage_domain) !== undefined;
  },
  introduce: () => ({ dialects: ['qingstor'] }),
  create: (given, { credentials, log }) => {
    const { storage_domain, location, clock_skew: skew, anonymous_account } = given;
    const anonymous =
      anonymous_account === undefined ? undefined : { account: toBytes(anonymous_account), token: undefined };
    return (next) => {
      const { known, sessions } = loginsOf(given, credentials, next);
      return qsHandler(next, {
        ...{ routes, credentials: known, sessions, domains: storage_domain },
        ...{ location, skew, anonymous, log },
      });
    };
  },
};
