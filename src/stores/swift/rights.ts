import { randomUUID } from 'node:crypto';
import { drain } from '../../http/body';
import { credentials, Headers } from '../../http/headers';
import { subrequest, type Handler, type Request, type Response } from '../../http/message';
import { formatTarget, type ObjectTarget } from '../../http/path';
import { StoreError } from '../error';

/** A condition that never holds: Swift judges the right to delete before it, and then deletes nothing. */
const NEVER = Headers.of({ 'X-If-Delete-At': '1' });
const SCRATCH_CONTAINER = 'hindsight-self-test';

/**
 * Finds out whether a client may write an object, without changing anything: a DELETE in the client's name that cannot
 * take effect (`X-If-Delete-At: 1`) is answered 401 or 403 without the right, and 404 or 412 with it; writing needs the
 * same right. A store that does not know the header would delete, so it is tried on a scratch object first.
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

  /** Undefined where the client may write, else the store's refusal. */
  async mayWrite(request: Request, target: ObjectTarget): Promise<Response | undefined> {
    await this.check(request);
    const headers = credentials(request.headers).withAll(NEVER);
    const path = formatTarget(target);
    const response = await this.send(
      subrequest(request, { method: 'DELETE', path, headers, authority: 'client' }),
    );
    if (response.status < 500 && ![404, 409, 412].includes(response.status)) {
      if (response.status >= 300) return response;
      this.checked = undefined;
    }
    await drain(response.body);
    if (response.status < 300 || response.status >= 500) {
      throw new StoreError(
        'unavailable',
        `the client's right to write could not be established: the store answered ${response.status}`,
      );
    }
    return undefined;
  }

  private check(request: Request): Promise<void> {
    if (this.checked === undefined) {
      const checked = this.tryOnScratch({ ...request, authority: 'service' });
      this.checked = checked;
      checked.catch(() => {
        if (this.checked === checked) this.checked = undefined;
      });
    }
    return this.checked;
  }

  private async tryOnScratch(request: Request): Promise<void> {
    const account = await this.ownAccount();
    if (account === undefined)
      throw failure('the identity service does not tell the account of the service user');
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
    const tried = await status('DELETE', scratch, NEVER);
    await status('DELETE', scratch);
    if (tried !== 412)
      throw failure(`this store answers ${tried} to a DELETE with X-If-Delete-At, where Swift answers 412`);
  }
}

function failure(why: string): StoreError {
  return new StoreError('unavailable', `the rights of clients cannot be established: ${why}`);
}
