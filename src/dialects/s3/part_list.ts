import { BucketError } from '../../buckets/errors';
import type { ListedPart } from '../../buckets/uploads/completion';
import { child, childrenOf, xml, type XmlElement } from '../xml';
import { malformed } from './arguments';

/** The elements of checksums, by algorithm name. */
export const SUMS: Readonly<Record<string, string>> = {
  crc32: 'ChecksumCRC32',
  crc32c: 'ChecksumCRC32C',
  crc64nvme: 'ChecksumCRC64NVME',
  sha1: 'ChecksumSHA1',
  sha256: 'ChecksumSHA256',
};

/**
 * Returns whether S3's checksums are of the whole content or of the checksums of parts;
 * undefined if there is none.
 */
export function checksumTypeOf(checksums: ReadonlyMap<string, string>): string | undefined {
  const [value] = [...checksums].flatMap(([name, sum]) => (name in SUMS ? [sum] : []));
  if (value === undefined) return undefined;
  return value.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT';
}

/** Returns elements with S3's checksums. */
export function checksumElements(checksums: ReadonlyMap<string, string>): string[] {
  return [...checksums].flatMap(([name, sum]) => {
    const element = SUMS[name];
    return element === undefined ? [] : [xml(element, sum)];
  });
}

/**
 * Returns the parts in a client's request to complete an upload.
 *
 * @throws BucketError `malformed-body`
 */
export function listedParts(root: XmlElement): readonly ListedPart[] {
  const parts = childrenOf(root, 'Part').map(listedPart);
  if (parts.length === 0) throw malformed();
  return parts;
}

function listedPart(part: XmlElement): ListedPart {
  const [number, etag] = [child(part, 'PartNumber'), child(part, 'ETag')].map((each) =>
    each?.text.trim(),
  );
  if (number === undefined || !/^\d{1,9}$/.test(number) || etag === undefined) throw malformed();
  const names = part.children.map(({ name }) => name);
  const unknown = names.find(
    (name) => /^Checksum/.test(name) && !Object.values(SUMS).includes(name),
  );
  if (unknown !== undefined)
    throw new BucketError('not-implemented', `${unknown} is not implemented.`);
  const sums = Object.entries(SUMS).flatMap(([algorithm, name]): [string, string][] => {
    const sum = child(part, name)?.text.trim();
    return sum ? [[algorithm, sum]] : [];
  });
  return {
    number: Number(number),
    etag: etag.replaceAll('"', '').toLowerCase(),
    sums: new Map(sums),
  };
}
