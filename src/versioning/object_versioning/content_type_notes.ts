import { withNewest } from './newest_note';
import type { ByteString } from '../../http/bytes';
import { reservedParameters, withoutReservedParameters } from '../../swift_api/reserved';

const NAME = /hindsight_\w*/;

/**
 * Returns the content type that a change of metadata gives to a version, with the proxy's
 * notes of the previous one; except for the note of the newest version, which is the
 * link's.
 *
 * @param type the new content type; notes that it has itself take precedence
 */
export function keepNotes(before: ByteString, type: ByteString): ByteString {
  const newNotes = reservedParameters(type);
  const oldNotes = reservedParameters(withNewest(before, undefined))
    .split(';')
    .filter((each) => each !== '' && !newNotes.includes(NAME.exec(each)?.[0] ?? each));
  return [withoutReservedParameters(type) + newNotes, ...oldNotes].join(';');
}
