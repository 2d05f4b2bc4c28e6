import type { ByteString } from '../../src/http/bytes';
import { unquote } from '../../src/http/bytes';
import { ClientGone, type Request } from '../../src/swift_api/message';
import { BodyMemoryFull } from '../../src/http/body_memory';
import type { Log } from '../../src/util/log';
import { StoreError } from '../../src/util/store_error';
import { BrokenArchive } from '../../src/formats/archive/broken_archive';

/** Ends a bulk operation before its end, with the status and the text that its report shall have. */
export class Stopped extends Error {
  override readonly name = 'Stopped';

  constructor(
    readonly status: number,
    readonly text = '',
  ) {
    super(text === '' ? `stopped with ${status}` : text);
  }
}

/**
 * The status and the text to report for what ended an operation.
 *
 * @throws what it was, where nobody is there to be told
 */
export function reportOf(
  error: unknown,
  request: Request,
  log: Log,
): [status: number, text: string] {
  if (request.signal.aborted) throw request.signal.reason;
  if (error instanceof ClientGone) throw error;
  if (error instanceof Stopped) return [error.status, error.text];
  if (error instanceof BodyMemoryFull || error instanceof StoreError) return [503, error.message];
  if (error instanceof BrokenArchive) return [400, `Invalid Tar File: ${error.message}`];
  log.error({ txid: request.transactionId, err: error }, 'a bulk operation failed by a bug');
  return [500, ''];
}

/**
 * The parts of the path of a bulk request (Swift's `split_path(2, 3, True)`).
 *
 * @returns the account's path, and what follows it
 * @throws Stopped with 404 where it names no account
 */
export function splitPath(path: string): { account: ByteString; rest: ByteString } {
  const [root, version, account, ...rest] = unquote(path).split('/');
  if (root !== '' || !version || !account) throw new Stopped(404);
  return { account: `/${version}/${account}`, rest: rest.join('/') };
}

/**
 * Checks that there is a body, if only an empty one.
 *
 * @throws Stopped with 411
 */
export function checkBody({ body, headers }: Request): void {
  if (Buffer.isBuffer(body) && !headers.has('content-length')) throw new Stopped(411);
}
