import { z } from 'zod';
import type { Session } from '../buckets/caller';
import { seconds, wordList } from '../config/options';
import { toBytes } from '../http/bytes';
import type { Log } from '../util/log';
import type { FilterContext, FilterPlugin } from '../plugin/plugin';
import type { Power } from '../swift_api/authority/authority';
import type { Request } from '../swift_api/message';
import { loginOptions } from './logins';

const domains = wordList.transform((names) =>
  names.map((name) => name.toLowerCase().replace(/^\./, '')),
);

/** The options of every dialect's filter, except `location`, whose default differs. */
export const dialectOptions = {
  credentials_file: z
    .string()
    .optional()
    .describe(
      'File with further sections `[credentials:ACCESS_KEY]` and nothing else; its path is relative to this configuration.',
    ),
  storage_domain: domains
    .default([])
    .describe(
      'Domains whose subdomains are buckets: with `s3.example`, `BUCKET.s3.example` is the bucket `BUCKET`.',
    ),
  ...loginOptions,
  anonymous_account: z
    .string()
    .optional()
    .describe(
      'Account, such as `AUTH_test`, whose buckets are read by requests that are not signed, and name a bucket in their Host or path. Unset: these are refused. By path they are those of the first API that has this option.',
    ),
  clock_skew: seconds(1, 86_400)
    .default(900_000)
    .describe("By how much the clock of a client may differ from the server's."),
};

/** The value of the `Server` header. */
export const serverName = (fallback: string) =>
  z
    .string()
    .regex(/^[!-~]+( [!-~]+)*$/, 'not a valid header value')
    .default(fallback)
    .describe('Value of the header `Server` in responses.');

/**
 * Who may read an object's versions by id: owners of the account, or everyone who may
 * read the object.
 */
export const versionReaders = (fallback: 'owners' | 'readers') =>
  z
    .enum(['owners', 'readers'], { error: 'not known; known: owners, readers' })
    .default(fallback)
    .describe(
      "Who may read an object's versions by their ids: owners of the account, or whoever may read the object. Only owners remove versions.",
    );

/**
 * Returns where the filter of a dialect may stand in a pipeline.
 *
 * @param clients of the dialect, whose notes are hidden
 */
export function dialectPlace(
  clients: string,
): Pick<FilterPlugin, 'precedesGuard' | 'requires' | 'precedes'> {
  return {
    precedesGuard: true,
    requires: {
      gatekeeper: `it hides the notes for ${clients} clients from Swift clients`,
    },
    precedes: {
      tempauth: 'it logs users in there to send requests in their name',
      container_quotas: 'its writes would not be counted',
      account_quotas: 'its writes would not be counted',
      versioned_writes: 'its writes would not be versioned',
    },
  };
}

/** The parts of every dialect's filter. */
export interface DialectParts<R> {
  readonly routes: readonly R[];
  /** The domains whose subdomains are buckets, in lower case. */
  readonly domains: readonly string[];
  /** The region or the zone of the buckets. */
  readonly location: string;
  /** Milliseconds by which a client's clock may be off. */
  readonly skew: number;
  /** The session of unsigned requests; undefined if these are not allowed. */
  readonly anonymous: Session | undefined;
  /** Whether the right to read an object includes reading its versions by their ids. */
  readonly readersReadVersions: boolean;
  readonly log: Log;
  /** In whose name CORS rules are read. */
  readonly power: Power;
  /** Whether an unsigned request by a path is this dialect's. */
  readonly isOwnByPath: (request: Request) => boolean;
  readonly now?: () => number;
}

type DialectOptions = z.infer<z.ZodObject<typeof dialectOptions>> & {
  readonly location: string;
  readonly version_readers: z.infer<ReturnType<typeof versionReaders>>;
};

/** Returns the parts of a filter from its options. */
export function partsOf<R>(
  options: DialectOptions,
  routes: readonly R[],
  { log, app, isUnclaimed }: Pick<FilterContext, 'log' | 'app' | 'isUnclaimed'>,
): DialectParts<R> {
  const {
    storage_domain: domains,
    location,
    clock_skew: skew,
    anonymous_account: account,
  } = options;
  const anonymous =
    account === undefined ? undefined : { account: toBytes(account), token: undefined };
  const readersReadVersions = options.version_readers === 'readers';
  return {
    routes,
    domains,
    location,
    skew,
    anonymous,
    readersReadVersions,
    log,
    power: app.power,
    isOwnByPath: (request) => anonymous !== undefined && isUnclaimed(request),
  };
}
