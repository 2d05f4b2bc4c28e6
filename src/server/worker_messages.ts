import type { FromHub, FromMember } from '../coordination/workers/messages';
import type { SoleServerStatus } from '../coordination/sole_server';
import type { Config } from '../pipeline/load';

/** Messages of a worker to the primary process. */
export type FromWorker =
  | { readonly kind: 'hello' }
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'coordination'; readonly message: FromMember };

/** Messages of the primary process to a worker. */
export type FromPrimary =
  /**
   * The configuration and its secrets as the primary read them, since their files may
   * have changed; and the status from the monitor, if there is one.
   */
  | {
      readonly kind: 'welcome';
      readonly file: string;
      readonly text: string;
      readonly secretFiles: Config['secretFiles'];
      readonly standing?: SoleServerStatus | undefined;
      /** The primary's version; 0.1.0 does not send it. */
      readonly version?: string;
    }
  | { readonly kind: 'standing'; readonly standing: SoleServerStatus }
  /** Asks the worker to stop cleanly. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'coordination'; readonly message: FromHub };
