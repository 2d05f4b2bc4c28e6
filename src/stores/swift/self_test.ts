import { randomBytes, randomUUID } from 'node:crypto';
import { drain } from '../../http/body';
import type { ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { SwiftClient, withoutCredentials } from '../../swift_api/client';
import type { Handler, Request, Response } from '../../swift_api/message';
import { formatTarget, parseTarget, type ObjectTarget } from '../../swift_api/target';
import { signTempUrl } from '../../swift_api/temp_url/temp_url';
import { ownContainerAuthority } from '../../swift_api/authority/closed_list';
import { StoreError } from '../../util/store_error';

/** Requests for which Swift requires the right to write, and that cannot take effect. */
export const PROBES = {
  /**
   * Swift refuses it with 400, but only after it has checked the right, and before it
   * asks any object server: the content type is reserved and the expiry time is past.
   * `If-None-Match` is for a store that would accept both.
   */
  PUT: Headers.of({
    'Content-Type': 'application/octet-stream;swift_probe=1',
    'X-Delete-At': '1',
    'If-None-Match': '*',
  }),
  /** Also refused with 400, since the name of a metadata item is too long. */
  POST: Headers.of({ [`X-Object-Meta-${'x'.repeat(256)}`]: 'x' }),
  /** Would only delete an object that expires in 1970. */
  DELETE: Headers.of({ 'X-If-Delete-At': '1' }),
} as const;

export type ProbeMethod = keyof typeof PROBES;

const CONTAINER = 'hindsight-self-test';
const KEY_HEADER = 'X-Container-Meta-Temp-Url-Key';
/** Proxies with the same service user may all set a key at once; the last one wins. */
const MAX_TRIES = 3;
const DAY = 86_400;

type Ask = (
  method: string,
  target: Omit<ObjectTarget, 'object'>,
  headers?: Headers,
) => Promise<Response>;

/**
 * Tests on an object of the service user whether the store treats the probes as Swift
 * does. Only positive results are cached.
 */
export class SelfTest {
  private readonly results = new Map<string, Promise<boolean>>();

  /**
   * @param send sends a request to the store
   * @param ownAccount returns the path of the service user's account, where the test
   *   object is put
   */
  constructor(
    private readonly send: Handler,
    private readonly ownAccount: () => Promise<string | undefined>,
  ) {}

  /**
   * Tests the probe PUT of clients with a token.
   *
   * @throws StoreError if the store does not refuse it, or does not answer
   */
  async verify(request: Request): Promise<void> {
    await this.once('token', request, (ownRequest) => this.testByToken(ownRequest));
  }

  /**
   * Tests probes by temporary URL: whether the store accepts temporary URLs for the
   * method at all.
   *
   * @throws StoreError as above
   */
  verifySigned(request: Request, method: ProbeMethod): Promise<boolean> {
    return this.once(method, request, (ownRequest) => this.testSigned(ownRequest, method));
  }

  /** Discards all results, since a probe took effect nevertheless. */
  invalidate(): void {
    this.results.clear();
  }

  private once(
    probe: string,
    request: Request,
    test: (request: Request) => Promise<boolean>,
  ): Promise<boolean> {
    const earlier = this.results.get(probe);
    if (earlier !== undefined) return earlier;
    // all that wait for it share it, so it must not end with the first client
    const result = test({ ...request, signal: new AbortController().signal });
    this.results.set(probe, result);
    const forget = () => {
      if (this.results.get(probe) === result) this.results.delete(probe);
    };
    result.then((isAccepted) => {
      if (!isAccepted) forget();
    }, forget);
    return result;
  }

  private async testByToken(request: Request): Promise<boolean> {
    const target = await this.newTarget();
    const ask = this.asker(request, target);
    await this.create(ask, target);
    const onExisting = await status(ask('PUT', target, PROBES.PUT));
    await status(ask('DELETE', target));
    const onMissing = await status(ask('PUT', target, PROBES.PUT));
    if (onExisting !== 400 || onMissing !== 400) {
      throw failure(
        `this store answers ${onExisting} and ${onMissing} to PUTs that Swift refuses with 400`,
      );
    }
    return true;
  }

  private async testSigned(request: Request, method: ProbeMethod): Promise<boolean> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const statuses = await this.testSignedOnce(request, method);
      if (statuses === undefined) continue;
      const { onExisting, head, onMissing } = statuses;
      if (onExisting === 401 && onMissing === 401) return false;
      const refusals = method === 'DELETE' ? [412, 404] : [400];
      if (onExisting === refusals[0] && head === 200 && refusals.includes(onMissing)) return true;
      throw failure(
        `this store answers ${onExisting} and ${onMissing} to ${method}s by TempURL that Swift refuses with ${refusals.join(' or ')}`,
      );
    }
    throw failure(
      'this store accepts no temporary URLs that are signed with the key of a container',
    );
  }

  /** Returns the statuses; undefined if the store did not know the key throughout. */
  private async testSignedOnce(
    request: Request,
    method: ProbeMethod,
  ): Promise<{ onExisting: number; head: number; onMissing: number } | undefined> {
    const target = await this.newTarget();
    const ask = this.asker(request, target);
    await this.create(ask, target);
    const signed = await this.signer(request, target);
    const before = await signed('GET');
    const onExisting = await signed(method, PROBES[method]);
    const head = await status(ask('HEAD', target));
    await status(ask('DELETE', target));
    const onMissing = await signed(method, PROBES[method]);
    const after = await signed('GET');
    if (onMissing < 300) await status(ask('DELETE', target));
    return before === 401 || after === 401 ? undefined : { onExisting, head, onMissing };
  }

  private async newTarget(): Promise<ObjectTarget> {
    const account = parseTarget((await this.ownAccount()) ?? '');
    if (account === undefined) {
      throw failure('the identity service does not report the account of the service user');
    }
    return { ...account, container: CONTAINER, object: randomUUID() };
  }

  private asker(request: Request, { version, account }: ObjectTarget): Ask {
    const authority = ownContainerAuthority(formatTarget({ version, account }), CONTAINER);
    const client = new SwiftClient(this.send, request, authority);
    return (method, target, headers = Headers.none) => {
      const query = method === 'HEAD' ? 'symlink=get' : '';
      return client.send(method, target, { query, headers });
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
          `the store answered ${put} to PUT ${formatTarget(target)} by the service user`,
        );
    }
  }

  /** Returns a function that requests the target by temporary URL. */
  private async signer(
    request: Request,
    target: ObjectTarget,
  ): Promise<(method: string, headers?: Headers) => Promise<number>> {
    const key = { value: await this.key(this.asker(request, target), target), digest: 'sha256' };
    const expires = Math.floor(Date.now() / 1000) + DAY;
    const client = new SwiftClient(this.send, withoutCredentials(request), 'client');
    return (method, headers = Headers.none) => {
      const query = signTempUrl(key, method, expires, target);
      return status(client.send(method, { ...target, version: 'v1' }, { query, headers }));
    };
  }

  private async key(ask: Ask, { version, account, container }: ObjectTarget): Promise<ByteString> {
    const target = { version, account, container };
    const response = await ask('HEAD', target);
    await drain(response.body);
    const currentKey = response.headers.get(KEY_HEADER);
    if (currentKey) return currentKey;
    const newKey = randomBytes(32).toString('hex');
    await status(ask('POST', target, Headers.of({ [KEY_HEADER]: newKey })));
    return newKey;
  }
}

async function status(pending: Promise<Response>): Promise<number> {
  const response = await pending;
  await drain(response.body);
  return response.status;
}

function failure(why: string): StoreError {
  return new StoreError('unavailable', `the rights of clients cannot be established: ${why}`);
}
