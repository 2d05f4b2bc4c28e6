import type { ByteString } from '../../src/http/bytes';
import { unquote } from '../../src/http/bytes';
import { ClientGone, type Request } from '../../src/swift_api/message';
import { BodyMemoryFull } from '../../src/http/body_memory';
import type { Log } from '../../src/util/log';
import { StoreError } from '../../src/util/store_error';
import { BrokenArchive } from '../../src/formats/archive/broken_archive';

/** Stops a bulk operation early, with the status and text for its report. */
export class BulkError extends Error {
  override readonly name = 'BulkError';

  constructor(
    readonly status: number,
    readonly text = '',
  ) {
    super(text === '' ? `stopped with ${status}` : text);
  }
}

/**
 * Returns the status and text to report for the error that ended an operation.
 *
 * @throws the error if nobody is left to receive a report
 */
export function reportForError(
  error: unknown,
  request: Request,
  log: Log,
): [status: number, text: string] {
  if (request.signal.aborted) throw request.signal.reason;
  if (error instanceof ClientGone) throw error;
  if (error instanceof BulkError) return [error.status, error.text];
  if (error instanceof BodyMemoryFull || error instanceof StoreError) return [503, error.message];
  if (error instanceof BrokenArchive) return [400, `Invalid Tar File: ${error.message}`];
  log.error(
    { txid: request.transactionId, err: error },
    'unexpected error in a bulk operation: a bug in the proxy',
  );
  return [500, ''];
}

/**
 * Splits the path of a bulk request (Swift's `split_path(2, 3, True)`).
 *
 * @returns the account's path, and what follows it
 * @throws BulkError with 404 if it names no account
 */
export function splitPath(path: string): { account: ByteString; rest: ByteString } {
  const [root, version, account, ...rest] = unquote(path).split('/');
  if (root !== '' || !version || !account) throw new BulkError(404);
  return { account: `/${version}/${account}`, rest: rest.join('/') };
}

/**
 * Checks that there is a body, even if empty.
 *
 * @throws BulkError with 411
 */
export function checkBody({ body, headers }: Request): void {
  if (Buffer.isBuffer(body) && !headers.has('content-length')) throw new BulkError(411);
}
