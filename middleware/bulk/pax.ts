import type { ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { BrokenArchive } from './stopped';

/** What pax headers say of an entry. */
export type PaxHeaders = ReadonlyMap<ByteString, ByteString>;

/**
 * Reads pax headers: `LENGTH KEY=VALUE` and a newline each, the length counting all of it.
 *
 * @throws BrokenArchive
 */
export function parsePax(block: Buffer): Map<ByteString, ByteString> {
  const headers = new Map<ByteString, ByteString>();
  const text = block.toString('latin1');
  const record = /(\d+) ([^=]+)=/y;
  for (let at = 0; ;) {
    record.lastIndex = at;
    const [head, digits, key] = record.exec(text) ?? [];
    if (head === undefined || key === undefined) return headers;
    const length = Number(digits);
    if (length === 0) throw new BrokenArchive('invalid header');
    headers.set(key, text.slice(at + head.length, Math.max(at + length - 1, at + head.length)));
    at += length;
  }
}

const PREFIXES = ['SCHILY.xattr.user.', 'LIBARCHIVE.xattr.user.'];

/** The headers of an object that an entry's extended attributes ask for (Swift's `pax_key_to_swift_header`). */
export function objectHeaders(pax: PaxHeaders): Headers {
  const fields = [...pax].flatMap(([key, value]) => {
    const prefix = PREFIXES.find((each) => key.startsWith(each));
    const attribute = prefix === undefined ? '' : key.slice(prefix.length);
    if (attribute === 'mime_type') return ['Content-Type', value];
    return attribute.startsWith('meta.') ? [`X-Object-Meta-${attribute.slice('meta.'.length)}`, value] : [];
  });
  return Headers.fromRaw(fields);
}
