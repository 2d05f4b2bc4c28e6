import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { depth } from '../running/depth';
import { describeNotRun } from '../running/needs';
import { startProxyProcess } from './proxy_process';
import { SWIFT, swiftUrls } from './swift';

/** An S3 API, and the user of it. */
export interface S3Endpoint {
  /** Scheme, host and port. */
  readonly url: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** An S3 API over one of the stores. */
export interface S3Store {
  readonly name: StoreName;
  /** Available only within tests and hooks. */
  readonly endpoint: S3Endpoint;
  /**
   * Declares a test of behaviour of AWS that Swift's own s3api lacks: there it must fail,
   * for the given reason. On Hindsight it is a normal test.
   */
  deviating(reason: string): (name: string, test: () => Promise<void>, timeout?: number) => void;
}

/**
 * `embedded`: Hindsight with its embedded store. `swift`: Hindsight in front of a Swift
 * without versioning. `reference`: Swift's own s3api over its own versioning.
 */
export type StoreName = 'embedded' | 'swift' | 'reference';

/**
 * The stores that suites run over: by default those of Hindsight; `S3_STORES=reference`
 * verifies the tests themselves on Swift's own s3api.
 */
const STORES = (process.env['S3_STORES'] ?? 'embedded swift').split(/[ ,]+/) as StoreName[];

/** The stores of a deep suite; in the gate only one. */
export function storesWith(inGate: StoreName): readonly StoreName[] {
  return depth({ gate: STORES.includes(inGate) ? [inGate] : STORES, deep: STORES });
}

/** The same for suites for which the store does not matter. */
export const STORES_OF_DEPTH = storesWith('embedded');

const KEYS = { region: 'us-east-1', accessKey: 'test:tester', secretKey: 'testing' };

const sections = (s3api: string) => `
[filter:s3api]
${s3api}
[filter:cosapi]
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
`;

const FILTERS = 'catch_errors gatekeeper healthcheck proxy-logging s3api cosapi qsapi bulk';

/**
 * The configuration of Hindsight with the S3, COS and QingStor APIs and an embedded
 * store.
 *
 * @param s3api options of this filter
 */
export function embeddedS3(data: string, s3api = ''): string {
  return `[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = ${FILTERS} tempurl formpost tempauth container_quotas account_quotas versioned_writes embedded
[filter:tempauth]
user_test_tester = testing .admin
user_test2_tester2 = testing2 .admin
user_test_tester3 = testing3
${sections(s3api)}
[app:embedded]
data = ${data}
`;
}

/** The same in front of a Swift of the lab. */
export function swiftS3(upstream: string, s3api = ''): string {
  return `[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = ${FILTERS} formpost versioned_writes proxy-server
${sections(s3api)}
[credentials:test:tester]
secret_key = testing
[credentials:test2:tester2]
secret_key = testing2
[credentials:test:tester3]
secret_key = testing3
[app:proxy-server]
use = swift
sole_server_check = false
upstream = ${upstream}
auth_url = ${upstream}/auth/v1.0
auth_user = admin:admin
auth_key = admin
`;
}

/**
 * Declares the same suite over each store, each started before its tests and stopped
 * after them. Without a Swift the suite is reported as not run.
 *
 * @param s3api options of the filter `s3api`
 */
export function describeS3(
  name: string,
  suite: (store: S3Store) => void,
  stores: readonly StoreName[] = STORES,
  s3api = '',
): void {
  for (const store of stores) {
    const start = STARTS[store];
    const title = `${name}, ${TITLES[store]}`;
    if (start) describe(title, () => suite(startedFor(store, () => start(s3api))));
    else describeNotRun(SWIFT, title);
  }
}

/** The same for features that Swift's own s3api lacks. */
export function describeOurs(
  name: string,
  suite: (store: S3Store) => void,
  stores: readonly StoreName[] = STORES,
  s3api = '',
): void {
  const ours = stores.filter((store) => store !== 'reference');
  describeS3(name, suite, ours, s3api);
}

const TITLES = {
  embedded: 'on the embedded store',
  swift: 'in front of a Swift',
  reference: "on Swift's own s3api",
};

interface Started {
  readonly url: string;
  stop(): Promise<void>;
}

const swift = swiftUrls();

const STARTS: Record<StoreName, ((s3api: string) => Promise<Started>) | undefined> = {
  embedded: async (s3api) => {
    const folder = mkdtempSync(join(tmpdir(), 'hindsight-s3-'));
    const running = await startProxyProcess(embeddedS3(join(folder, 'data'), s3api));
    const stop = async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    return { url: running.url, stop };
  },
  swift: swift
    ? async (s3api) => {
        const running = await startProxyProcess(swiftS3(swift.plain, s3api));
        return { url: running.url, stop: () => running.stop().then(() => undefined) };
      }
    : undefined,
  reference: swift
    ? () => Promise.resolve({ url: swift.versioned, stop: () => Promise.resolve() })
    : undefined,
};

function startedFor(name: StoreName, start: () => Promise<Started>): S3Store {
  let started: Started | undefined;
  beforeAll(async () => {
    started = await start();
  });
  afterAll(() => started?.stop());
  return {
    name,
    get endpoint() {
      if (!started) throw new Error('the endpoint of this suite does not run');
      return { url: started.url, ...KEYS };
    },
    deviating: (reason) => (title, test, timeout) => {
      if (name === 'reference') it.failing(`${title} (deviates: ${reason})`, test, timeout);
      else it(title, test, timeout);
    },
  };
}
