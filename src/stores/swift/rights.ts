import { randomUUID } from 'node:crypto';
import { drain } from '../../http/body';
import { credentials, Headers } from '../../http/headers';
import { subrequest, type Handler, type Request, type Response } from '../../http/message';
import { formatTarget, type ObjectTarget } from '../../http/path';
import { StoreError } from '../error';

/**
 * Makes a PUT one that Swift refuses with 400, but only after it has judged the right to write, and before it asks any object server:
 * the content type is reserved and the time of expiry past. `If-None-Match` is for a store that would take both.
 */
const IMPOSSIBLE = Headers.of({
  'Content-Type': 'application/octet-stream;swift_probe=1',
  'X-Delete-At': '1',
  'If-None-Match': '*',
});
const SCRATCH_CONTAINER = 'hindsight-self-test';

/**
 * Finds out whether a client may write an object, without changing anything: a PUT in the client's name that cannot take effect is
 * answered 401 or 403 without the right, and otherwise with it. Whether the store behind does refuse such a PUT is tried on
 * a scratch object first.
 */
export class Rights {
  private checked: Promise<void> | undefined;

  /**
   * @param send sends a request to the store
   * @param ownAccount the path of the service user's own account, where the scratch object is put
   */
  constructor(
    private readonly send: Handler,
    private readonly ownAccount: () => Promise<string | undefined>,
  ) {}

  /** Undefined where the client may write (or delete: Swift asks for the same right), else the store's refusal. */
  async mayWrite(request: Request, target: ObjectTarget): Promise<Response | undefined> {
    await this.check(request);
    const headers = credentials(request.headers).withAll(IMPOSSIBLE);
    const probe = subrequest(request, {
      method: 'PUT',
      path: formatTarget(target),
      headers,
      authority: 'client',
    });
    const response = await this.send(probe);
    if ([401, 403, 429, 498].includes(response.status)) return response;
    await drain(response.body);
    if (response.status >= 400 && response.status < 500) return undefined;
    if (response.status < 300) this.checked = undefined;
    throw new StoreError(
      'unavailable',
      `the client's right to write could not be established: the store answered ${response.status}`,
    );
  }

  private check(request: Request): Promise<void> {
    if (this.checked === undefined) {
      // all who wait for it share it, so it must not end with the client that was first
      const checked = this.tryOnScratch({
        ...request,
        authority: 'service',
        signal: new AbortController().signal,
      });
      this.checked = checked;
      checked.catch(() => {
        if (this.checked === checked) this.checked = undefined;
      });
    }
    return this.checked;
  }

  private async tryOnScratch(request: Request): Promise<void> {
    const account = await this.ownAccount();
    if (account === undefined) {
      throw failure('the identity service does not tell the account of the service user');
    }
    const container = `${account}/${SCRATCH_CONTAINER}`;
    const scratch = `${container}/${randomUUID()}`;
    const status = async (method: string, path: string, headers = Headers.none) => {
      const response = await this.send(subrequest(request, { method, path, headers }));
      await drain(response.body);
      return response.status;
    };
    for (const path of [container, scratch]) {
      const put = await status('PUT', path);
      if (put >= 300) throw failure(`PUT ${path} in the name of the service user was answered ${put}`);
    }
    const tried = await status('PUT', scratch, IMPOSSIBLE);
    await status('DELETE', scratch);
    const missing = await status('PUT', scratch, IMPOSSIBLE);
    if (tried !== 400 || missing !== 400) {
      throw failure(`this store answers ${tried} and ${missing} to PUTs that Swift refuses with 400`);
    }
  }
}

function failure(why: string): StoreError {
  return new StoreError('unavailable', `the rights of clients cannot be established: ${why}`);
}
