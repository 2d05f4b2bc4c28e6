import type { ListedEntry, VersionsPage } from '../../judges/buckets/model_listing';
import { all, textOf, type Element } from './xml';

/**
 * Reads a ListVersionsResult, with its versions and delete markers in the order of the
 * document.
 */
export function pageOf(document: Element): VersionsPage {
  const isTruncated = textOf(document, 'IsTruncated') === 'true';
  const key = textOf(document, 'NextKeyMarker');
  const id = textOf(document, 'NextVersionIdMarker');
  return {
    entries: document.children
      .filter(({ name }) => name === 'Version' || name === 'DeleteMarker')
      .map(entryOf),
    prefixes: all(document, 'CommonPrefixes').map((each) => textOf(each, 'Prefix') ?? ''),
    ...(isTruncated ? { next: { key: key ?? '', ...(id ? { id } : {}) } } : {}),
  };
}

function entryOf(element: Element): ListedEntry {
  const marker = element.name === 'DeleteMarker';
  return {
    key: textOf(element, 'Key') ?? '',
    id: textOf(element, 'VersionId') ?? '',
    latest: textOf(element, 'IsLatest') === 'true',
    marker,
    ...(marker ? {} : { size: Number(textOf(element, 'Size')), etag: textOf(element, 'ETag') }),
  };
}

/** The parameters of ListObjectVersions for a page of the model. */
export const parametersOf = (query: {
  readonly prefix?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly keyMarker?: string | undefined;
  readonly versionIdMarker?: string | undefined;
  readonly maxKeys?: number | undefined;
}) => ({
  versions: '',
  prefix: query.prefix,
  delimiter: query.delimiter,
  'key-marker': query.keyMarker,
  'version-id-marker': query.versionIdMarker,
  'max-keys': query.maxKeys,
});
