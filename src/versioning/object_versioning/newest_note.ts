import type { ByteString } from '../../http/bytes';

const NOTE = /;\s*hindsight_newest=(\d{10}\.\d{5})/;

/**
 * Returns the version that was the newest when a link was made to an older one, as noted
 * in the link's content type. The next version must sort after it, whatever clocks say.
 */
export function newestIn(contentType: ByteString): string | undefined {
  return NOTE.exec(contentType)?.[1];
}

/**
 * Returns a content type with that note; without one if the link is to the newest
 * version.
 */
export function withNewest(contentType: ByteString, newest: string | undefined): ByteString {
  const plain = contentType.replace(NOTE, '');
  return newest === undefined ? plain : `${plain};hindsight_newest=${newest}`;
}
