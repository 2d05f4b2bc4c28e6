import { strip, unquote, type ByteString } from '../../src/http/bytes';
import { LIMITS } from '../../src/http/constraints';
import type { ByteReader } from '../../src/http/byte_reader';
import { Stopped } from './stopped';

/** The longest name of an object with its container's, in bytes. */
export const MOST_PATH = LIMITS.max_object_name_length + LIMITS.max_container_name_length + 2;

/**
 * Reads the names in a bulk delete's body, URL-encoded, one a line (Swift's `get_objs_to_delete`); blank lines are names too, and
 * count. It is read in portions of Swift's size, since it depends on them which overlong names are refused.
 *
 * @param most how many there may be
 * @throws Stopped where there are more, or one is too long
 */
export async function readNames(bytes: ByteReader, most: number): Promise<ByteString[]> {
  const names: ByteString[] = [];
  for (let begun = ''; ;) {
    const portion = await bytes.read(MOST_PATH);
    if (portion.length === 0) {
      const last = unquote(strip(begun));
      if (last !== '') names.push(last);
      checkCount(names, most);
      return names;
    }
    const text = begun + portion.toString('latin1');
    if (text.length > MOST_PATH * 2) throw new Stopped(400, 'Invalid File Name');
    const lines = text.split('\n');
    begun = lines.pop() ?? '';
    for (const line of lines) names.push(unquote(strip(line)));
    checkCount(names, most);
  }
}

function checkCount(names: readonly ByteString[], most: number): void {
  if (names.length > most) throw new Stopped(413, `Maximum Bulk Deletes: ${most} per request`);
}
