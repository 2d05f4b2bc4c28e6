import { createHash } from 'node:crypto';
import type { ByteString } from '../../http/bytes';
import { invalidArgument } from './arguments';

const CHECK_LENGTH = 8;

/**
 * Returns a token to continue a listing after a name. It reveals no more than the
 * listing; tampering is detected.
 */
export function writeToken(name: ByteString): string {
  const bytes = Buffer.from(name, 'latin1');
  return Buffer.concat([checkOf(bytes), bytes]).toString('base64url');
}

/**
 * Returns the name after which a listing continues.
 *
 * @throws BucketError `invalid-argument` for an invalid token
 */
export function readToken(token: string): ByteString {
  const bytes = Buffer.from(token, 'base64url');
  const name = bytes.subarray(CHECK_LENGTH);
  const isWhole =
    bytes.length > CHECK_LENGTH && checkOf(name).equals(bytes.subarray(0, CHECK_LENGTH));
  if (!isWhole)
    throw invalidArgument(
      'continuation-token',
      token,
      'The continuation token provided is incorrect',
    );
  return name.toString('latin1');
}

function checkOf(bytes: Buffer): Buffer {
  return createHash('sha256')
    .update('hindsight continuation\0')
    .update(bytes)
    .digest()
    .subarray(0, CHECK_LENGTH);
}
