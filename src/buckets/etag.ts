import type { ByteString } from '../http/bytes';
import type { Headers } from '../http/headers';
import type { Replaced } from '../swift_api/message';
import { isTrueValue } from '../http/bytes';
import { hasReservedParameter, withoutReservedParameters } from '../swift_api/reserved';

/** What tells an object's etag, whether it comes from headers or from a listing. */
export interface Tagged {
  /** The MD5 that the store tells: of a static large object, in listings, that of its manifest. */
  readonly hash: string;
  /** With the proxy's own parameters. */
  readonly contentType: ByteString;
  /** What the store tells of the segments of a static large object; undefined for any other, or where that is not told. */
  readonly sloEtag?: string | undefined;
}

/** `;hindsight_etag=ETAG.SLO`: the etag, and that of the static large object that it counts for. */
const NOTE = /;\s*hindsight_etag=([^;.]+)\.([^;]+)/i;

/**
 * The etag as clients of other APIs see it, without quotes: the MD5 of an object; of what was uploaded in parts the MD5 of the parts' MD5s with their
 * number (`-N`), if it was noted; of other static large objects a literal `-N` behind Swift's, as Swift's s3api has it: clients take no
 * etag with a hyphen for an MD5.
 */
export function etagOf({ hash, contentType, sloEtag }: Tagged): string {
  const [plain, slo] = [unquoted(hash), sloEtag === undefined ? undefined : unquoted(sloEtag)];
  const [, noted, of] = NOTE.exec(contentType) ?? [];
  if (noted !== undefined && of === (slo ?? plain)) return noted;
  return slo === undefined ? plain : `${slo}-N`;
}

/** The same of what a write would replace. */
export function etagOfReplaced({ etag, contentType, isLarge = false }: Replaced): string {
  return etagOf({ hash: etag, contentType, sloEtag: isLarge ? etag : undefined });
}

/**
 * The same of an answer to GET or HEAD.
 *
 * @param headers Swift's, with the proxy's own parameters in Content-Type
 */
export function etagIn(headers: Headers): string {
  const hash = headers.get('etag') ?? '';
  const isSlo = isTrueValue(headers.get('x-static-large-object'));
  return etagOf({
    hash,
    contentType: headers.get('content-type') ?? '',
    ...(isSlo ? { sloEtag: hash } : {}),
  });
}

/**
 * A content type that notes the etag of what was uploaded in parts.
 *
 * @param etag without quotes
 * @param sloEtag that of the static large object, by which the note counts for no other content that the type may come to: a copy, say
 */
export function noteEtag(contentType: ByteString, etag: string, sloEtag: string): ByteString {
  return `${shownType(contentType)};hindsight_etag=${unquoted(etag)}.${unquoted(sloEtag)}`;
}

/** A content type as clients see it. */
export function shownType(contentType: ByteString): ByteString {
  return hasReservedParameter(contentType) ? withoutReservedParameters(contentType) : contentType;
}

/** An etag without quotes, and without the mark of a weak one. */
export function unquoted(etag: string): string {
  return etag.trim().replace(/^(W\/)?"(.*)"$/, '$2');
}
