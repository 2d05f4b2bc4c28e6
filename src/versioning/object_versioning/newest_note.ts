import type { ByteString } from '../../http/bytes';

const NOTE = /;\s*hindsight_newest=(\d{10}\.\d{5})/;

/**
 * What a link's content type says was the newest version when the link was made to an older one: the next version is to sort after that,
 * whatever clocks say.
 */
export function newestIn(contentType: ByteString): string | undefined {
  return NOTE.exec(contentType)?.[1];
}

/** A content type with that note; without one where the link is to the newest version. */
export function withNewest(contentType: ByteString, newest: string | undefined): ByteString {
  const plain = contentType.replace(NOTE, '');
  return newest === undefined ? plain : `${plain};hindsight_newest=${newest}`;
}
