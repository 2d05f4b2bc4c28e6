import { z } from 'zod';
import type { Session } from '../buckets/caller';
import { seconds, words } from '../config/options';
import { toBytes } from '../http/bytes';
import type { Log } from '../util/log';
import type { FilterPlugin } from '../plugin/plugin';
import { loginOptions } from './logins';

const domains = words.transform((names) =>
  names.map((name) => name.toLowerCase().replace(/^\./, '')),
);

/** The options that the filter of every dialect has; `location` has another default in each. */
export const dialectOptions = {
  credentials_file: z.string().optional(),
  storage_domain: domains.default([]),
  ...loginOptions,
  anonymous_account: z.string().optional(),
  clock_skew: seconds(1, 86_400).default(900_000),
};

/** What answers have in `Server`. */
export const serverName = z.string().regex(/^[!-~]+( [!-~]+)*$/, 'not a valid header value');

/** Who reads an object's versions by their ids: owners of the account, or all that may read it. */
export const versionReaders = z.enum(['owners', 'readers'], {
  error: 'not known; known: owners, readers',
});

/**
 * Where the filter of a dialect may stand in a pipeline.
 *
 * @param clients whose what it notes is
 */
export function dialectPlace(clients: string): Pick<FilterPlugin, 'requires' | 'precedes'> {
  return {
    requires: {
      gatekeeper: `it hides from clients of Swift what is noted for those of ${clients}`,
    },
    precedes: {
      tempauth: 'it asks in the name of users, who are logged in there',
      container_quotas: 'what it writes would not be counted',
      account_quotas: 'what it writes would not be counted',
      versioned_writes: 'what it writes would not be versioned',
    },
  };
}

/** What the filter of every dialect is made of. */
export interface DialectParts<R> {
  readonly routes: readonly R[];
  /** Whose subdomains are buckets, in lower case. */
  readonly domains: readonly string[];
  /** The region, or the zone, in which the buckets are. */
  readonly location: string;
  /** Milliseconds by which a client's clock may be wrong. */
  readonly skew: number;
  /** Who asks without a signature; undefined: nobody may. */
  readonly anonymous: Session | undefined;
  /** Whether a right to read an object is one to read its versions by their ids. */
  readonly readersReadVersions: boolean;
  readonly log: Log;
  readonly now?: () => number;
}

type DialectOptions = z.infer<z.ZodObject<typeof dialectOptions>> & {
  readonly location: string;
  readonly version_readers: z.infer<typeof versionReaders>;
};

/** The parts of a filter, as it is configured. */
export function partsOf<R>(given: DialectOptions, routes: readonly R[], log: Log): DialectParts<R> {
  const { storage_domain: domains, location, clock_skew: skew, anonymous_account: account } = given;
  const anonymous =
    account === undefined ? undefined : { account: toBytes(account), token: undefined };
  const readersReadVersions = given.version_readers === 'readers';
  return { routes, domains, location, skew, anonymous, readersReadVersions, log };
}
