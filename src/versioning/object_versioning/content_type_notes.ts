import { withNewest } from './newest_note';
import type { ByteString } from '../../http/bytes';
import { reservedParameters, withoutReservedParameters } from '../../swift_api/reserved';

const NAME = /hindsight_\w*/;

/**
 * The content type that a change of metadata gives to a version, with what the one before tells the proxy of it; but for the note of the newest
 * version, which is the link's.
 *
 * @param given what of this is in it, counts
 */
export function keepNotes(before: ByteString, given: ByteString): ByteString {
  const own = reservedParameters(given);
  const kept = reservedParameters(withNewest(before, undefined))
    .split(';')
    .filter((each) => each !== '' && !own.includes(NAME.exec(each)?.[0] ?? each));
  return [withoutReservedParameters(given) + own, ...kept].join(';');
}
