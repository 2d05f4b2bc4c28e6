import type { z } from 'zod';
import type { OptionForm } from '../config/options';
import type { Passthrough } from '../config/passthrough';
import type { Coordination } from '../coordination/coordination';
import type { Credential, Credentials } from '../auth/credential';
import type { Headers } from '../http/headers';
import type { Power, Right } from '../swift_api/authority/authority';
import type { StoreLimits } from '../swift_api/manifest_bounds';
import type { Filter, Handler, Request, Response } from '../swift_api/message';
import type { FilterPaths } from '../swift_api/request_target';
import type { ObjectTarget } from '../swift_api/target';
import type { Log } from '../util/log';
import type { Locks, SoleServerStatus } from '../coordination/sole_server';

/** A server to which requests are forwarded. */
export interface UpstreamServer {
  /** Scheme, host and port. */
  readonly origin: URL;
  /** Sent as Host instead of the client's; undefined: the client's is preserved. */
  readonly host: string | undefined;
  /** Max milliseconds of silence before and within a response. */
  readonly timeout: number;
  /** What is forwarded besides the object API. */
  readonly passthrough: Passthrough;
}

/** The end of a pipeline: handles the requests that no filter has answered. */
export interface App {
  readonly handler: Handler;
  readonly power: Power;
  /**
   * Checks whether the client of a request, by its token or by the signature of its URL,
   * may write an object. The check changes nothing.
   *
   * @param options `fresh`: check the right now. Otherwise it may be cached for a while:
   *   enough if the store still checks the client's own request, and what was done on its
   *   behalf is undone if that is refused
   * @returns the right, or the store's refusal to pass to the client
   * @throws StoreError if the store did not answer, or cannot determine the right
   */
  mayWrite(
    request: Request,
    target: ObjectTarget,
    options?: { readonly fresh?: boolean },
  ): Promise<Right | Response>;
  /**
   * Checks whether the client of a request may make other writers of an object wait. It
   * must be allowed to write the object; if requests are sent in its own name, to read
   * it, since the store then checks each step.
   *
   * @returns the right to write; `client` if none was established, so that each step is
   *   sent in the client's own name; or the store's refusal to pass to the client
   */
  mayLock(request: Request, target: ObjectTarget): Promise<Right | 'client' | Response>;
  /**
   * Returns its limits of one request, as in its `/info`; undefined: the usual ones
   * apply.
   */
  limits?(request: Request): Promise<StoreLimits>;
  /**
   * Returns the max bytes of objects that cost the store less to send and receive than to
   * copy, and lose nothing by that, as far as is known; undefined: it copies all.
   */
  maxSnapshot?(request: Request): number;
  /**
   * Returns what removes the headers that readers by temporary URL do not see; undefined
   * if the app checks no signatures.
   */
  shownBySignature?(request: Request): Promise<(headers: Headers) => Headers>;
  /**
   * Set if only owners reach the parts of uploads, regardless of their container's ACLs,
   * and readers of the bucket reach them through large objects. Other stores know only
   * ACLs.
   */
  readonly protectsParts?: true;
  /**
   * The server for requests outside the object API; undefined if the app stores objects
   * itself.
   */
  readonly upstream?: UpstreamServer;
  /** Releases connections and timers. */
  close(): Promise<void>;
}

/** The role of a process in its server: the only one, or one of several workers. */
export type ProcessRole = 'alone' | 'worker';

/** What a filter receives when the pipeline is built. */
export interface FilterContext {
  readonly log: Log;
  readonly coordination: Coordination;
  readonly app: Pick<
    App,
    | 'power'
    | 'mayWrite'
    | 'mayLock'
    | 'limits'
    | 'maxSnapshot'
    | 'shownBySignature'
    | 'protectsParts'
    | 'upstream'
  >;
  /** The credentials of the configuration, and the users of its filters. */
  readonly credentials: Credentials;
  /** Returns whether a filter of the pipeline answers a request in an API of its own. */
  readonly claims: (head: RequestHead) => boolean;
  /** The paths of all filters, in the pipeline or not. */
  readonly paths: FilterPaths;
  /**
   * Returns whether a request without a signature or a token reads something by a path
   * that could name a bucket, and that no filter, no app and no option names; or is a
   * preflight for such a path.
   */
  readonly isUnclaimed: (request: UnsignedHead) => boolean;
}

/** What decides whether a request is anybody's. */
export type UnsignedHead = Pick<Request, 'method' | 'path' | 'query' | 'headers'> &
  Partial<Pick<Request, 'host' | 'isSite'>>;

/** The head of a request as received, unprocessed. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, as received; also of a request with an absolute URL. */
  readonly target: string;
  readonly headers: Headers;
}

/** What the banner shows of a configuration when the server starts. */
export interface Banner {
  /** The folder of the data. */
  readonly data?: string;
  /** A user whose key may be shown, since the samples publish both. */
  readonly user?: { readonly name: string; readonly key: string; readonly account: string };
  /** The other APIs on the same port. */
  readonly dialects?: readonly string[];
}

/** What an app or a filter may object to, besides its own options. */
export interface ServerFacts {
  readonly bind_ip: string;
  /** The filters of the pipeline that authenticate clients. */
  readonly authenticators: readonly string[];
  /** The paths of all filters, in the pipeline or not. */
  readonly paths: FilterPaths;
}

/** Why a server must not start. */
export interface Objection {
  /** The option at fault; undefined: the section as a whole. */
  readonly option?: string;
  readonly cause: string;
}

/** A task that one process runs for all workers of its server. */
export interface PrimaryTask {
  close(): Promise<void>;
}

/**
 * Monitors whether other servers write to the same store without sharing their locks with
 * this one.
 */
export interface SoleServerMonitor {
  /**
   * Starts; resolves after the first check, or if the store did not answer. The checks
   * continue on their own.
   *
   * @throws an error with a `code` that names the other server: this server must not
   *   start
   */
  start(): Promise<void>;
  /** Starts without waiting, if the start cannot be refused. */
  run(): void;
  close(): Promise<void>;
}

/** What a monitor needs to know of its server, and its listener. */
export interface SoleServerContext {
  readonly log: Log;
  readonly through: Locks['through'];
  /** Returns what the server currently takes its locks through. */
  readonly locks: () => Promise<Locks>;
  /** Called whenever the status changes. */
  readonly publish: (status: SoleServerStatus) => void;
}

/** An app that the configuration can name. */
export interface AppPlugin<T extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** Other names for it in `use`, as operators of Swift write them. */
  readonly aliases?: readonly string[];
  readonly options: T;
  /** Returns what the banner shows. */
  banner?(options: z.infer<T>): Banner;
  /**
   * Set if it stores objects itself, so that anyone with a key of the configuration
   * reaches them.
   */
  readonly storesObjects?: true;
  /** Returns the reasons why a server with these options must not start. */
  objections?(options: z.infer<T>, server: ServerFacts): readonly Objection[];
  /**
   * Returns the remarks of `check` on options that are valid but questionable, one
   * sentence each.
   */
  remarks?(options: z.infer<T>, banner: Banner): readonly string[];
  /** Rejects with an error that names the reason if the app cannot work. */
  create(options: z.infer<T>, log: Log, role: ProcessRole): App | Promise<App>;
  /**
   * Starts what runs once for all workers of a server: begun before the first of them,
   * closed after the last.
   */
  startPrimary?(options: z.infer<T>, log: Log): Promise<PrimaryTask>;
  /**
   * Returns the monitor of a server, which runs in its first process, or undefined if the
   * options disable it. Undefined for an app that has its store to itself.
   */
  soleServerMonitor?(
    options: z.infer<T>,
    context: SoleServerContext,
  ): SoleServerMonitor | undefined;
}

/** A filter that the configuration can name, and its permitted places in a pipeline. */
export interface FilterPlugin<T extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly options: T;
  readonly moreOptions?: OptionForm;
  /**
   * Set if it authenticates clients, and determines what an app that stores objects
   * itself may do for them.
   */
  readonly authenticates?: true;
  /**
   * Set if the parts of uploads are guarded behind it: it authenticates, or turns one
   * request into many.
   */
  readonly precedesGuard?: true;
  /** Whether it must be the first in the pipeline. */
  readonly first?: boolean;
  /** Filters that must come before this one, each with the reason. */
  readonly requires?: Readonly<Record<string, string>>;
  /** Filters that must not come before this one, each with the reason. */
  readonly precedes?: Readonly<Record<string, string>>;
  /** Returns what the banner shows. */
  banner?(options: z.infer<T>): Banner;
  /** Returns the reasons why a server with these options must not start. */
  objections?(options: z.infer<T>, server: ServerFacts): readonly Objection[];
  /** Returns whether it needs locks that all servers of the store share. */
  needsLocks?(options: z.infer<T>): boolean;
  /** Returns its own users, whose names and keys clients of other APIs can sign with. */
  users?(options: z.infer<T>): readonly Credential[];
  /** Returns the option that names a file of credentials, as written. */
  credentialsFile?(options: z.infer<T>): string | undefined;
  /**
   * Exact paths that it answers and that name no account, such as `/healthcheck`; not
   * those below a prefix. Requests for them reach the pipeline over every store, whether
   * or not it has this filter.
   */
  readonly paths?: readonly string[];
  /**
   * Returns the beginnings of further paths that it answers and that name no account,
   * such as `/auth/`. They are no buckets.
   */
  prefixes?(options: z.infer<T>): readonly string[];
  /**
   * Returns whether it answers unsigned requests by path, in an API of its own, that
   * nobody else claims.
   */
  ownsUnsignedPaths?(options: z.infer<T>): boolean;
  /**
   * Returns whether a request must be answered by this filter, in an API of its own.
   *
   * @param paths of all filters
   */
  claims?(options: z.infer<T>, head: RequestHead, paths: FilterPaths): boolean;
  create(options: z.infer<T>, context: FilterContext): Filter;
}
