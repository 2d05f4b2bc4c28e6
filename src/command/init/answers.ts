/** What Hindsight serves: a store of its own, or a Swift with TempAuth or Keystone. */
export const KINDS = ['embedded', 'swift', 'keystone'] as const;

export type Kind = (typeof KINDS)[number];

/** A secret as a configuration has it: itself, or the file that has it. */
export type Secret = { readonly text: string } | { readonly file: string };

/** A user of the store. */
export interface UserAnswer {
  readonly account: string;
  readonly user: string;
  /** Generated: signs S3's requests, and logs in at the embedded store. */
  readonly key: string;
  /** Logs in at a Swift. */
  readonly swiftKey?: Secret;
}

/** The service user of a Swift, and where it logs in. */
export interface ServiceAnswer {
  readonly authUrl: string;
  readonly user: string;
  readonly key: Secret;
  /** The user's project in Keystone. */
  readonly project?: string;
}

/** What a configuration is written from. */
export type Answers = {
  readonly ip: string;
  readonly port: number;
  readonly s3: boolean;
  readonly users: readonly UserAnswer[];
} & (
  | { readonly kind: 'embedded'; readonly data: string }
  | {
      readonly kind: 'swift' | 'keystone';
      readonly upstream: string;
      /** Undefined: everything is done with the client's own token. */
      readonly service: ServiceAnswer | undefined;
      /** Generated: signs notes on objects. */
      readonly noteKey: string;
    }
);
