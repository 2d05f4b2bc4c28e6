import { strip, unquote, type ByteString } from '../../src/http/bytes';
import type { ByteReader } from '../../src/formats/byte_reader';
import { TurnBudget } from '../../src/util/turns';
import { MAX_PATH } from '../../src/plugin/held_names';
import { BulkError } from './bulk_error';

/**
 * Reads the names in a bulk delete's body, URL-encoded, one per line (Swift's
 * `get_objs_to_delete`); blank lines are names too, and count. Reads portions of Swift's
 * size, since they determine which overlong names are refused.
 *
 * @param max number of names
 * @param take counts bytes before they are kept
 * @throws BulkError if there are more, or one is too long
 */
export async function readNames(
  bytes: ByteReader,
  max: number,
  take: (bytes: number) => void = () => undefined,
): Promise<ByteString[]> {
  const names: ByteString[] = [];
  const turns = new TurnBudget(PORTIONS_PER_TURN);
  for (let partialLine = ''; ;) {
    const portion = await bytes.read(MAX_PATH);
    if (portion.length === 0) {
      const last = unquote(strip(partialLine));
      if (last !== '') names.push(last);
      checkCount(names, max);
      return names;
    }
    const text = partialLine + portion.toString('latin1');
    if (text.length > MAX_PATH * 2) throw new BulkError(400, 'Invalid File Name');
    take(portion.length);
    const lines = text.split('\n');
    partialLine = lines.pop() ?? '';
    for (const line of lines) names.push(unquote(strip(line)));
    checkCount(names, max);
    await turns.spend();
  }
}

const PORTIONS_PER_TURN = 50;

function checkCount(names: readonly ByteString[], max: number): void {
  if (names.length > max) throw new BulkError(413, `Maximum Bulk Deletes: ${max} per request`);
}
