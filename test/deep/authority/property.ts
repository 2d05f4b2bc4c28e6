import fc from 'fast-check';
import { completeUpload } from '../../../src/buckets/uploads/completion';
import { BucketError } from '../../../src/buckets/errors';
import { putPart } from '../../../src/buckets/uploads/upload_parts';
import { createUpload } from '../../../src/buckets/uploads/uploads';
import { Headers } from '../../../src/http/headers';
import type { Request } from '../../../src/swift_api/message';
import { subrequest } from '../../../src/swift_api/subrequest';
import { StoreError } from '../../../src/util/store_error';
import { ROOT_REQUEST, type BucketStore } from '../../support/stores/bucket_store';
import { countFigures } from '../../support/running/figures';
import { USERS } from '../../support/servers/swift';
import { acls, made, plants, steps, type Made, type Step } from './requests';
import { complaintOf } from './judge';
import type { Acls } from './model';
import { ask, World, type Plant } from './world';

const SECRET = /secret ([^/\s]+)\/(\S+?)\/\S+ (?:new|\d)/g;
const MIN_PART = 1;

/** Counters for the summary of a run. */
const tally = { requests: 0, inService: 0, refused: 0 };

/**
 * Checks the property over generated worlds with ACLs, links, manifests and archive
 * entries of any kind. For any sequence of client requests, each request to the store in
 * the service user's name is on the closed list or follows from a right of this client,
 * and no client sees what it may not read.
 */
export async function holdsOver(
  store: BucketStore,
  { worlds, seed }: { readonly worlds: number; readonly seed: number },
): Promise<void> {
  let number = 0;
  const run = async (acls: Acls[], planted: Plant[], sequence: Step[]): Promise<void> => {
    const world = new World(store, `w${Date.now().toString(36)}${++number}`);
    try {
      await world.make(acls);
      for (const [i, plant] of planted.entries()) await world.plant(plant, `planted${i}`);
      const checker = new ResponseChecker(world);
      for (const [i, step] of sequence.entries()) await take(step, i, world, checker);
    } finally {
      await world.end();
    }
  };
  await fc.assert(fc.asyncProperty(acls, plants, steps, run), {
    numRuns: worlds,
    seed,
    endOnFailure: true,
  });
  countFigures(`authority, ${store.isItsOwn ? 'embedded' : 'Swift'}`, { worlds: number, ...tally });
}

async function take(
  step: Step,
  number: number,
  world: World,
  checker: ResponseChecker,
): Promise<void> {
  const { store, model } = world;
  const request = made(step, world);
  const before = store.sent.length;
  const transactionId = `tx${number.toString().padStart(21, '0')}-0123456789`;
  const dialect = { readersReadVersions: step.isForReaders };
  const root: Request = { ...ROOT_REQUEST, transactionId, ...(step.isDialect ? { dialect } : {}) };
  const { status, text } =
    step.kind === 'upload' ? await upload(request, root, world) : await send(request, root, world);
  tally.requests++;
  if (status >= 400) tally.refused++;
  for (const subrequest of store.sent.slice(before)) {
    if (subrequest.authority === 'client') continue;
    tally.inService++;
    const why = complaintOf(subrequest, request, model, world.archives);
    if (why === undefined) continue;
    const headers = JSON.stringify([...subrequest.headers.entries()]);
    throw new Error(
      `${describe(request)} was answered ${status}, and sent in the service user's name: ` +
        `${subrequest.method} ${subrequest.path}?${subrequest.query} ${headers}: ${why}`,
    );
  }
  checker.check(request, status, text);
  if (status < 300 && request.sets)
    model.set(request.named?.[0] ?? world.place(step.at), request.sets);
}

function send(request: Made, root: Request, { store }: World) {
  const { method, path, query, headers, text } = request;
  const ownRequest = subrequest(root, { method, path, query, headers, body: Buffer.from(text) });
  return ask(store.next, root.dialect ? { ...ownRequest, dialect: root.dialect } : ownRequest);
}

/** Makes a multipart upload as a dialect does. */
async function upload({ who, named }: Made, root: Request, { store }: World) {
  const [place] = named ?? [];
  const user = typeof who === 'string' && who !== 'nobody' ? USERS[who] : undefined;
  const caller = { ...(await store.callerOf(user, place?.account)), request: root };
  const key = { bucket: place?.container ?? '', key: place?.object ?? '' };
  const none: ReadonlyMap<string, string> = new Map();
  try {
    const session = await createUpload(caller, key, { headers: Headers.none });
    const body = Buffer.from('part');
    const content = {
      body,
      length: body.length,
      headers: Headers.none,
      sums: none,
      trailing: () => none,
    };
    const { etag } = await putPart(caller, session, 1, content);
    const parts = [{ number: 1, etag, sums: none }];
    await completeUpload(caller, session, () =>
      Promise.resolve({ parts, minPart: MIN_PART, sums: none }),
    );
    return { status: 200, text: '' };
  } catch (error) {
    if (error instanceof BucketError || error instanceof StoreError)
      return { status: 400, text: error.message };
    throw error;
  }
}

/**
 * Checks responses: a client sees nothing of a container it may not read, unless a client
 * that may read it has copied it elsewhere.
 */
class ResponseChecker {
  private readonly published = new Set<string>();

  constructor(private readonly world: World) {}

  check(request: Made, status: number, text: string): void {
    const { model, archives } = this.world;
    const { named = [] } = request;
    const isCopied = status < 300 && named.length === 2;
    if (isCopied) for (const each of named) this.published.add(`${each.account}/${each.container}`);
    for (const [secret, account = '', container = ''] of text.matchAll(SECRET)) {
      if (this.published.has(`${account}/${container}`)) continue;
      const archive = [...archives].find(([, of]) => of.includes(container))?.[0].split('/')[1];
      const places = [container, ...(archive === undefined ? [] : [archive])];
      const may = places.some((each) => isShown(request, { account, container: each }, model));
      if (!may) throw new Error(`${describe(request)} was shown ${secret}`);
    }
  }
}

function isShown(
  { who }: Made,
  place: { account: string; container: string },
  model: World['model'],
): boolean {
  return model.may(who, 'read', place);
}

function describe({ who, method, path, query, headers }: Made): string {
  const name = typeof who === 'string' ? who : 'a signed URL';
  const json = JSON.stringify([...headers.without('x-auth-token').entries()]);
  return `${name}: ${method} ${path}?${query} ${json}`;
}
