import { randomBytes, randomUUID } from 'node:crypto';
import { drain } from '../../http/body';
import type { ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { subrequest, type Handler, type Request, type Response } from '../../swift_api/message';
import { formatTarget, parseTarget, type ObjectTarget } from '../../swift_api/target';
import { signTempUrl } from '../../swift_api/temp_url/temp_url';
import { keepOwnContainer } from '../../swift_api/authority/closed_list';
import { StoreError } from '../../util/store_error';

/** Requests that Swift judges by the right to write, and that cannot take effect. */
export const PROBES = {
  /**
   * Swift refuses it with 400, but only after it has judged the right, and before it asks any object server: the content type is
   * reserved and the time of expiry past. `If-None-Match` is for a store that would take both.
   */
  PUT: Headers.of({
    'Content-Type': 'application/octet-stream;swift_probe=1',
    'X-Delete-At': '1',
    'If-None-Match': '*',
  }),
  /** Refused with 400 as well, since a name of metadata is longer than any may be. */
  POST: Headers.of({ [`X-Object-Meta-${'x'.repeat(256)}`]: 'x' }),
  /** Only an object that expires in 1970 would be deleted. */
  DELETE: Headers.of({ 'X-If-Delete-At': '1' }),
} as const;

export type ProbeMethod = keyof typeof PROBES;

const CONTAINER = 'hindsight-self-test';
const KEY_HEADER = 'X-Container-Meta-Temp-Url-Key';
/** Proxies with the same service user may all set a key at once, of which the last counts. */
const MAX_TRIES = 3;
const DAY = 86_400;

type Ask = (
  method: string,
  target: Omit<ObjectTarget, 'object'>,
  headers?: Headers,
) => Promise<Response>;

/**
 * Tries on an object of the service user's own whether the store does with the probes what Swift does with them. What was found is
 * remembered, unless it could not be found out.
 */
export class SelfTest {
  private readonly found = new Map<string, Promise<boolean>>();

  /**
   * @param send sends a request to the store
   * @param ownAccount the path of the service user's own account, where the scratch object is put
   */
  constructor(
    private readonly send: Handler,
    private readonly ownAccount: () => Promise<string | undefined>,
  ) {}

  /**
   * For a probe PUT by whoever has a token.
   *
   * @throws StoreError where the store does not refuse it, or does not tell
   */
  async verify(request: Request): Promise<void> {
    await this.once('token', request, (own) => this.tryByToken(own));
  }

  /**
   * For probes by temporary URL: whether the store takes temporary URLs for such a method at all.
   *
   * @throws StoreError as above
   */
  verifySigned(request: Request, method: ProbeMethod): Promise<boolean> {
    return this.once(method, request, (own) => this.trySigned(own, method));
  }

  /** To be called where a probe took effect all the same. */
  doubt(): void {
    this.found.clear();
  }

  private once(
    what: string,
    request: Request,
    tryIt: (request: Request) => Promise<boolean>,
  ): Promise<boolean> {
    const known = this.found.get(what);
    if (known !== undefined) return known;
    // all who wait for it share it, so it must not end with the client that was first
    const found = tryIt({ ...request, signal: new AbortController().signal });
    this.found.set(what, found);
    const forget = () => {
      if (this.found.get(what) === found) this.found.delete(what);
    };
    found.then((isTaken) => {
      if (!isTaken) forget();
    }, forget);
    return found;
  }

  private async tryByToken(request: Request): Promise<boolean> {
    const target = await this.newTarget();
    const ask = this.asker(request, target);
    await this.create(ask, target);
    const there = await status(ask('PUT', target, PROBES.PUT));
    await status(ask('DELETE', target));
    const missing = await status(ask('PUT', target, PROBES.PUT));
    if (there !== 400 || missing !== 400) {
      throw failure(
        `this store answers ${there} and ${missing} to PUTs that Swift refuses with 400`,
      );
    }
    return true;
  }

  private async trySigned(request: Request, method: ProbeMethod): Promise<boolean> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await this.trySignedOnce(request, method);
      if (found === undefined) continue;
      const { there, kept, missing } = found;
      if (there === 401 && missing === 401) return false;
      const refusals = method === 'DELETE' ? [412, 404] : [400];
      if (there === refusals[0] && kept === 200 && refusals.includes(missing)) return true;
      throw failure(
        `this store answers ${there} and ${missing} to ${method}s by TempURL that Swift refuses with ${refusals.join(' or ')}`,
      );
    }
    throw failure('this store takes no temporary URLs that are signed with the key of a container');
  }

  /** The statuses; undefined where the key was not known to the store all the while. */
  private async trySignedOnce(
    request: Request,
    method: ProbeMethod,
  ): Promise<{ there: number; kept: number; missing: number } | undefined> {
    const target = await this.newTarget();
    const ask = this.asker(request, target);
    await this.create(ask, target);
    const signed = await this.signer(request, target);
    const before = await signed('GET');
    const there = await signed(method, PROBES[method]);
    const kept = await status(ask('HEAD', target));
    await status(ask('DELETE', target));
    const missing = await signed(method, PROBES[method]);
    const after = await signed('GET');
    if (missing < 300) await status(ask('DELETE', target));
    return before === 401 || after === 401 ? undefined : { there, kept, missing };
  }

  private async newTarget(): Promise<ObjectTarget> {
    const account = parseTarget((await this.ownAccount()) ?? '');
    if (account === undefined) {
      throw failure('the identity service does not tell the account of the service user');
    }
    return { ...account, container: CONTAINER, object: randomUUID() };
  }

  private asker(request: Request, { version, account }: ObjectTarget): Ask {
    const authority = keepOwnContainer(formatTarget({ version, account }), CONTAINER);
    return (method, target, headers = Headers.none) => {
      const query = method === 'HEAD' ? 'symlink=get' : '';
      return this.send(
        subrequest(request, { method, path: formatTarget(target), query, headers, authority }),
      );
    };
  }

  private async create(
    ask: Ask,
    { version, account, container, object }: ObjectTarget,
  ): Promise<void> {
    for (const target of [
      { version, account, container },
      { version, account, container, object },
    ]) {
      const put = await status(ask('PUT', target));
      if (put >= 300)
        throw failure(
          `PUT ${formatTarget(target)} in the name of the service user was answered ${put}`,
        );
    }
  }

  /** What asks for the target by temporary URL. */
  private async signer(
    request: Request,
    target: ObjectTarget,
  ): Promise<(method: string, headers?: Headers) => Promise<number>> {
    const key = { value: await this.key(this.asker(request, target), target), digest: 'sha256' };
    const expires = Math.floor(Date.now() / 1000) + DAY;
    const path = formatTarget({ ...target, version: 'v1' });
    return (method, headers = Headers.none) => {
      const query = signTempUrl(key, method, expires, target);
      return status(
        this.send(subrequest(request, { method, path, query, headers, authority: 'client' })),
      );
    };
  }

  private async key(ask: Ask, { version, account, container }: ObjectTarget): Promise<ByteString> {
    const target = { version, account, container };
    const response = await ask('HEAD', target);
    await drain(response.body);
    const known = response.headers.get(KEY_HEADER);
    if (known) return known;
    const own = randomBytes(32).toString('hex');
    await status(ask('POST', target, Headers.of({ [KEY_HEADER]: own })));
    return own;
  }
}

async function status(asked: Promise<Response>): Promise<number> {
  const response = await asked;
  await drain(response.body);
  return response.status;
}

function failure(why: string): StoreError {
  return new StoreError('unavailable', `the rights of clients cannot be established: ${why}`);
}
