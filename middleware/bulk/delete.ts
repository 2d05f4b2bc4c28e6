import { drain } from '../../src/http/body';
import { DeleteSummary } from '../../src/swift_api/bulk/report';
import { isText, quote, trimChars, type ByteString } from '../../src/http/bytes';
import { SwiftClient } from '../../src/swift_api/client';
import type { Handler, Request } from '../../src/swift_api/message';
import { delay } from '../../src/util/cancel_signal';
import type { Log } from '../../src/util/log';
import { StoreError } from '../../src/util/store_error';
import { ByteReader } from '../../src/formats/byte_reader';
import { readNames } from './names';
import { mapConcurrently } from '../../src/util/concurrency';
import type { Work } from '../../src/swift_api/bulk/progress';
import { checkBulkRight } from './right';
import { checkBody, reportForError, splitPath, BulkError } from './bulk_error';
import type { BulkOptions } from './options';

/**
 * Seconds; its powers are the pauses between attempts to delete a container (Swift's
 * `retry_interval`).
 */
const RETRY_INTERVAL = 1.5;

/**
 * Deletes the objects and containers named in a request's body (Swift's
 * `handle_delete_iter`): objects first, then containers, which may have become empty by
 * then.
 *
 * @param type of the report; undefined if the client accepts none of those available
 */
export async function* bulkDelete(
  request: Request,
  next: Handler,
  type: string | undefined,
  options: BulkOptions,
  log: Log,
): Work {
  const summary = new DeleteSummary();
  try {
    if (type === undefined) throw new BulkError(406);
    const { account } = splitPath(request.path);
    const contentType = request.headers.get('content-type');
    if (contentType && !contentType.startsWith('text/plain')) throw new BulkError(406);
    checkBody(request);
    await checkBulkRight(request, 'account', next);
    request.sendContinue?.();
    const names = await readNames(
      ByteReader.over(request.body),
      options.max_deletes_per_request,
      (bytes) => request.memory?.take(account, bytes),
    );
    const deleter = new Deleter(request, next, account, summary, options);
    yield* deleter.deleteAll(names.filter(isObjectName));
    yield* deleter.deleteAll(names.filter((name) => name !== '' && !isObjectName(name)));
    return summary.isEmpty
      ? summary.render(type, 400, 'Invalid bulk delete.')
      : summary.render(type);
  } catch (error) {
    return summary.render(type, ...reportForError(error, request, log));
  }
}

/** Whether a name is an object's, as opposed to a container's. */
function isObjectName(name: ByteString): boolean {
  return trimChars(name, '/').includes('/');
}

class Deleter {
  private readonly client: SwiftClient;

  constructor(
    private readonly request: Request,
    next: Handler,
    private readonly account: ByteString,
    private readonly summary: DeleteSummary,
    private readonly options: BulkOptions,
  ) {
    this.client = new SwiftClient(next, request);
  }

  async *deleteAll(names: readonly ByteString[]): AsyncGenerator<undefined, void> {
    const { summary, options } = this;
    let tooMany = false;
    const validNames = function* (this: Deleter) {
      for (const name of names) {
        if (tooMany) return;
        const path = `${this.account}/${name.replace(/^\/+/, '')}`;
        if (isText(path)) yield { name, path };
        else summary.add(name, 412);
      }
    }.bind(this);
    const results = mapConcurrently(
      validNames(),
      options.delete_concurrency,
      async ({ name, path }) => ({
        name,
        status: await this.delete(path, () => tooMany),
      }),
    );
    for await (const { name, status } of results) {
      yield;
      summary.add(name, status);
      // deletes under way are awaited and reported
      tooMany ||= summary.failed >= options.max_failed_deletes;
    }
    if (tooMany) throw new BulkError(400, 'Max delete failures exceeded');
  }

  /**
   * Deletes one; retries a container that is not empty, since listings may lag behind.
   */
  private async delete(path: ByteString, mayNotRetry: () => boolean): Promise<number> {
    for (let retry = 1; ; retry++) {
      const status = await this.deleteOnce(path);
      const mayRetry =
        status === 409 && retry <= this.options.delete_container_retry_count && !mayNotRetry();
      if (!mayRetry) return status;
      await delay(RETRY_INTERVAL ** retry * 1000, this.request.signal);
    }
  }

  private async deleteOnce(path: ByteString): Promise<number> {
    try {
      const response = await this.client.delete(quote(path));
      await drain(response.body);
      return response.status;
    } catch (error) {
      if (error instanceof StoreError) return 503;
      throw error;
    }
  }
}
