import type { ByteString } from '../http/bytes';
import type { Headers } from '../http/headers';
import type { ReplacedObject } from '../swift_api/message';
import { hasReservedParameter, withoutReservedParameters } from '../swift_api/reserved';
import { isStaticLargeObject } from '../swift_api/stored_manifest';

/** The sources of an object's etag, from headers or from a listing. */
export interface Tagged {
  /** The store's MD5; that of the manifest for static large objects in listings. */
  readonly hash: string;
  /** Includes the proxy's own parameters. */
  readonly contentType: ByteString;
  /**
   * The store's etag over the segments of a static large object; undefined for other
   * objects, or if it is not reported.
   */
  readonly sloEtag?: string | undefined;
}

/** `;hindsight_etag=ETAG.SLO`: the etag, and the large object to which it applies. */
const NOTE = /;\s*hindsight_etag=([^;.]+)\.([^;]+)/i;

/**
 * Returns the etag that clients of other APIs see, without quotes: the MD5 of an object;
 * for multipart uploads the MD5 of the parts' MD5s with their number (`-N`), if noted;
 * for other static large objects Swift's etag with a literal `-N`, as in Swift's s3api.
 * Clients do not take an etag with a hyphen for an MD5.
 */
export function etagOf({ hash, contentType, sloEtag }: Tagged): string {
  const [plain, slo] = [
    withoutQuotes(hash),
    sloEtag === undefined ? undefined : withoutQuotes(sloEtag),
  ];
  const [, notedEtag, notedSloEtag] = NOTE.exec(contentType) ?? [];
  if (notedEtag !== undefined && notedSloEtag === (slo ?? plain)) return notedEtag;
  return slo === undefined ? plain : `${slo}-N`;
}

/** Like `etagOf`, for the object that a write would replace. */
export function etagOfReplaced({ etag, contentType, isLarge = false }: ReplacedObject): string {
  return etagOf({ hash: etag, contentType, sloEtag: isLarge ? etag : undefined });
}

/**
 * Like `etagOf`, for a response to GET or HEAD.
 *
 * @param headers from Swift, with the proxy's own parameters in Content-Type
 */
export function etagOfResponse(headers: Headers): string {
  const hash = headers.get('etag') ?? '';
  const isSlo = isStaticLargeObject(headers);
  return etagOf({
    hash,
    contentType: headers.get('content-type') ?? '',
    ...(isSlo ? { sloEtag: hash } : {}),
  });
}

/**
 * Returns a content type with a note of a multipart upload's etag.
 *
 * @param etag without quotes
 * @param sloEtag of the static large object; the note is ignored if the type ends up on
 *   other content, such as a copy
 */
export function noteEtag(contentType: ByteString, etag: string, sloEtag: string): ByteString {
  return `${presentedType(contentType)};hindsight_etag=${withoutQuotes(etag)}.${withoutQuotes(sloEtag)}`;
}

/** Returns a content type as clients see it. */
export function presentedType(contentType: ByteString): ByteString {
  return hasReservedParameter(contentType) ? withoutReservedParameters(contentType) : contentType;
}

/** Strips the quotes and the weak prefix from an etag. */
export function withoutQuotes(etag: string): string {
  return etag.trim().replace(/^(W\/)?"(.*)"$/, '$2');
}
