import { createHash } from 'node:crypto';
import type { ByteString } from '../../http/bytes';
import { invalidArgument } from './arguments';

const CHECKED = 8;

/** A token by which a listing goes on behind a name. It tells nobody more than the listing did; what was changed in it is noticed. */
export function writeToken(name: ByteString): string {
  const bytes = Buffer.from(name, 'latin1');
  return Buffer.concat([checkOf(bytes), bytes]).toString('base64url');
}

/** The name behind which a listing goes on. @throws BucketError `invalid-argument` for what is no token */
export function readToken(token: string): ByteString {
  const bytes = Buffer.from(token, 'base64url');
  const name = bytes.subarray(CHECKED);
  const isWhole = bytes.length > CHECKED && checkOf(name).equals(bytes.subarray(0, CHECKED));
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
    .subarray(0, CHECKED);
}
