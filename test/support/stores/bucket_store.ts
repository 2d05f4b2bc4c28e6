import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalCoordination } from '../../../src/coordination/coordination';
import type { Caller } from '../../../src/buckets/caller';
import { PartsMemory } from '../../../src/buckets/uploads/parts_memory';
import { drain } from '../../../src/http/body';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, type Handler, type Request } from '../../../src/swift_api/message';
import { subrequest } from '../../../src/swift_api/subrequest';
import { createLog } from '../../../src/util/log';
import { buildPipeline } from '../../../src/pipeline/build';
import { readConfig } from '../../../src/pipeline/load';

/** What a dialect's filter works on, in this process, and a user logged in there. */
export interface BucketStore {
  readonly caller: Caller;
  /**
   * Logs in another user, or makes an anonymous caller. The buckets are the tester's
   * unless `account` says otherwise.
   */
  callerOf(
    user: readonly [name: string, key: string] | undefined,
    account?: string,
  ): Promise<Caller>;
  /** Requests that reached the store itself: methods, and paths with their queries. */
  readonly asked: readonly string[];
  /** The same requests as objects. */
  readonly sent: readonly Request[];
  /** The pipeline behind the gatekeeper. */
  readonly next: Handler;
  /** The store, past the pipeline. */
  readonly direct: Handler;
  /** Whether the store is the app itself, which no client reaches past the pipeline. */
  readonly isItsOwn: boolean;
  close(): Promise<void>;
}

/** A request that reads nothing; subrequests are made from it. */
export const ROOT_REQUEST: Request = {
  method: 'GET',
  path: '/',
  query: '',
  headers: Headers.none,
  body: NO_BODY,
  signal: new AbortController().signal,
  transactionId: 'tx0000000000000000000000-0000000000',
  authority: 'client',
  receivedBytes: () => 0,
};

/**
 * Opens an embedded store with versioning, logged in as one of its users.
 *
 * @param filters filters in front of tempauth
 */
export async function openEmbedded(filters = ''): Promise<BucketStore> {
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-buckets-'));
  const text = `[pipeline:main]
pipeline = gatekeeper bulk ${filters} tempauth container_quotas account_quotas versioned_writes embedded
[filter:tempauth]
user_test_tester = testing .admin
user_test2_tester2 = testing2 .admin
user_test_tester3 = testing3
user_test5_tester5 = testing5
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:embedded]
data = ${folder}/data`;
  const store = await open(text, 'AUTH_test');
  return {
    ...store,
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Opens the product in front of a real Swift without versioning of its own.
 *
 * @param filters filters in front of versioned_writes
 */
export function openSwift(
  upstream: string,
  { service = true, filters = '' }: { readonly service?: boolean; readonly filters?: string } = {},
): Promise<BucketStore> {
  const login = `auth_url = ${upstream}/auth/v1.0
auth_user = admin:admin
auth_key = admin`;
  return open(
    `[pipeline:main]
pipeline = gatekeeper ${filters} versioned_writes proxy-server
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:proxy-server]
use = swift
upstream = ${upstream}
${service ? login : ''}`,
    'AUTH_test',
  );
}

async function open(text: string, account: string): Promise<BucketStore> {
  const config = readConfig(text, 'test.conf', {});
  const log = createLog('silent');
  const app = await config.createApp(log, 'alone');
  // dialects are behind the gatekeeper
  const [, ...filters] = config.createFilters({
    log,
    app,
    coordination: createLocalCoordination(),
  });
  const asked: string[] = [];
  const sent: Request[] = [];
  const recording: Handler = (request) => {
    const query = request.query === '' ? '' : `?${request.query}`;
    asked.push(`${request.method} ${request.path}${query}`);
    sent.push(request);
    return app.handler(request);
  };
  const next = buildPipeline(filters, recording);
  const parts = new PartsMemory();
  const callerOf: BucketStore['callerOf'] = async (user, of = account) => {
    const token = user && (await tokenFor(next, user));
    const session = () => Promise.resolve({ account: of, token });
    return { next, request: ROOT_REQUEST, user: user?.[0] ?? 'nobody', parts, session };
  };
  return {
    caller: await callerOf(['test:tester', 'testing']),
    callerOf,
    asked,
    sent,
    next,
    direct: app.handler,
    isItsOwn: app.upstream === undefined,
    close: () => app.close(),
  };
}

async function tokenFor(next: Handler, [user, key]: readonly [string, string]): Promise<string> {
  const headers = Headers.of({ 'X-Auth-User': user, 'X-Auth-Key': key });
  const response = await next(
    subrequest(ROOT_REQUEST, { method: 'GET', path: '/auth/v1.0', headers }),
  );
  await drain(response.body);
  return response.headers.get('x-auth-token') ?? '';
}
