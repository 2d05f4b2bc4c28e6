import type { z } from 'zod';
import type { OptionForm } from '../config/options';
import type { Passthrough } from '../config/passthrough';
import type { Coordination } from '../coordination/coordination';
import type { Credential, Credentials } from '../auth/credential';
import type { Headers } from '../http/headers';
import type { Power, Right } from '../swift_api/authority/authority';
import type { StoreLimits } from '../swift_api/manifest_bounds';
import type { Filter, Handler, Request, Response } from '../swift_api/message';
import type { ObjectTarget } from '../swift_api/target';
import type { Log } from '../util/log';
import type { Locks, SoleServerStatus } from '../coordination/sole_server';

/** A server behind. */
export interface UpstreamServer {
  /** Scheme, host and port. */
  readonly origin: URL;
  /** Sent as Host instead of what the client wrote there; undefined: the client's is preserved. */
  readonly host: string | undefined;
  /** Milliseconds that it may be silent: before its answer, and within it. */
  readonly timeout: number;
  /** What goes there beside the object API. */
  readonly passthrough: Passthrough;
}

/** The end of a pipeline: what answers a request that no filter answered. */
export interface App {
  readonly handler: Handler;
  readonly power: Power;
  /**
   * Whether the client of a request, by its token or by what its URL is signed for, may write an object. Nothing
   * is changed by asking.
   *
   * @param fresh the right as it is now. Without it, it may be one that the client had a while ago: enough where the store still judges
   *   the client's own request, and what was done on its behalf is undone when that is refused
   * @returns the right, or the store's refusal to hand to the client
   * @throws StoreError where the store did not answer, or cannot tell.
   */
  mayWrite(
    request: Request,
    target: ObjectTarget,
    options?: { readonly fresh?: boolean },
  ): Promise<Right | Response>;
  /**
   * Whether the client of a request may make other writers of an object wait: as `mayWrite`; if the
   * power is the client's, whether it may at least look at the object, since the store judges each step.
   */
  mayLock(request: Request, target: ObjectTarget): Promise<Right | Response>;
  /** What it takes in one request, as its `/info` says; not there: what is usual. */
  limits?(request: Request): Promise<StoreLimits>;
  /**
   * There if it lets nobody but owners reach the parts of uploads, whatever their container's ACLs say, and shows
   * them through large objects to whoever may read the bucket. Another store knows only ACLs.
   */
  readonly judgesParts?: true;
  /** The server behind, for what is outside the object API; not there for an app that keeps the objects itself. */
  readonly upstream?: UpstreamServer;
  /** Releases connections and timers. */
  close(): Promise<void>;
}

/** Which process of a server this is: the only one, or one of several workers. */
export type ProcessRole = 'alone' | 'worker';

/** What a filter is given when the pipeline is built. */
export interface FilterContext {
  readonly log: Log;
  readonly coordination: Coordination;
  readonly app: Pick<App, 'power' | 'mayWrite' | 'mayLock' | 'limits' | 'judgesParts' | 'upstream'>;
  /** Those of the configuration, and the users of its filters. */
  readonly credentials: Credentials;
  /** Whether a filter of the pipeline answers a request in an API of its own. */
  readonly claims: (head: RequestHead) => boolean;
}

/** A request as it came, before anybody has looked at it. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, as they came; of a request for a whole URL only these. */
  readonly target: string;
  readonly headers: Headers;
}

/** What a newcomer is told of a configuration when it is served. */
export interface Banner {
  /** The folder where the objects lie. */
  readonly data?: string;
  /** A user who may be shown with the key, because both are in the samples for everybody to read. */
  readonly user?: { readonly name: string; readonly key: string; readonly account: string };
  /** The other APIs that are spoken on the same port. */
  readonly dialects?: readonly string[];
}

/** What an app or a filter may have to object to, beside its own options. */
export interface ServerFacts {
  readonly bind_ip: string;
  /** The filters of the pipeline that find out who a client is. */
  readonly authenticators: readonly string[];
}

/** Why a server must not start. */
export interface Objection {
  /** The option at fault; undefined: the section as a whole. */
  readonly option?: string;
  readonly cause: string;
}

/** What one process does for all workers of its server. */
export interface PrimaryTask {
  close(): Promise<void>;
}

/** Looks whether other servers write to the same store that do not share their locks with this one, for as long as it runs. */
export interface SoleServerMonitor {
  /**
   * Begins; resolves once it is known, or the store did not tell. It goes on by itself.
   *
   * @throws an error that says who is there, with a `code`: this server must not start
   */
  start(): Promise<void>;
  /** Begins at once, where no start can be refused. */
  run(): void;
  close(): Promise<void>;
}

/** What a lookout needs to know of its server, and whom it tells. */
export interface SoleServerContext {
  readonly log: Log;
  readonly through: Locks['through'];
  /** What the server takes its locks through, now. */
  readonly locks: () => Promise<Locks>;
  /** Called whenever something changes. */
  readonly publish: (standing: SoleServerStatus) => void;
}

/** What the configuration can name as an app. */
export interface AppPlugin<T extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** Other names that `use` may give it, as an operator of Swift writes them. */
  readonly aliases?: readonly string[];
  readonly options: T;
  /** What to tell a newcomer. */
  banner?(options: z.infer<T>): Banner;
  /** It keeps the objects itself, so that whoever has a key of the configuration reaches them. */
  readonly keepsObjects?: true;
  /** Why a server with these options must not start. */
  objections?(options: z.infer<T>, server: ServerFacts): readonly Objection[];
  /** What `check` says of options that are right and yet worth a look, a sentence each. */
  remarks?(options: z.infer<T>, introduction: Banner): readonly string[];
  /** Rejects where the app cannot do its work, with an error that says why. */
  create(options: z.infer<T>, log: Log, role: ProcessRole): App | Promise<App>;
  /** What is done once for all workers of a server: begun before the first of them, closed after the last. */
  startPrimary?(options: z.infer<T>, log: Log): Promise<PrimaryTask>;
  /**
   * The lookout of a server, of which its first process has one. Undefined where the options want none; not there for an app that has its
   * store to itself.
   */
  soleServerMonitor?(
    options: z.infer<T>,
    context: SoleServerContext,
  ): SoleServerMonitor | undefined;
}

/** What the configuration can name as a filter, and where in a pipeline it may stand. */
export interface FilterPlugin<T extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly options: T;
  readonly moreOptions?: OptionForm;
  /** It finds out who a client is, and what an app that keeps objects itself may do for it. */
  readonly authenticates?: true;
  /** Must be the first in the pipeline. */
  readonly first?: boolean;
  /** Filters that must stand somewhere before this one, each with the reason. */
  readonly requires?: Readonly<Record<string, string>>;
  /** Filters that must not stand before this one, each with the reason. */
  readonly precedes?: Readonly<Record<string, string>>;
  /** What to tell a newcomer. */
  banner?(options: z.infer<T>): Banner;
  /** Why a server with these options must not start. */
  objections?(options: z.infer<T>, server: ServerFacts): readonly Objection[];
  /** Whether what it does needs locks that all servers over the store share. */
  needsLocks?(options: z.infer<T>): boolean;
  /** Users of its own, with whose names and keys clients of other APIs can sign. */
  users?(options: z.infer<T>): readonly Credential[];
  /** The option that names a file of credentials, as it was given. */
  credentialsFile?(options: z.infer<T>): string | undefined;
  /** Whether a request is this filter's to answer, in an API of its own: what it says of a request it must do. */
  claims?(options: z.infer<T>, head: RequestHead): boolean;
  create(options: z.infer<T>, context: FilterContext): Filter;
}
