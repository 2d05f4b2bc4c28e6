import type { ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { BrokenArchive } from './broken_archive';

/** The pax attributes of an entry. */
export type PaxHeaders = ReadonlyMap<ByteString, ByteString>;

/** Max number of attributes of an entry. */
export const MAX_ATTRIBUTES = 1000;

/**
 * Parses pax headers: `LENGTH KEY=VALUE` and a newline each, where LENGTH counts all of
 * it.
 *
 * @throws BrokenArchive
 */
export function parsePax(block: Buffer): Map<ByteString, ByteString> {
  const headers = new Map<ByteString, ByteString>();
  const text = block.toString('latin1');
  const count = /(\d{1,20}) /y;
  for (let at = 0; ;) {
    count.lastIndex = at;
    const [head, digits] = count.exec(text) ?? [];
    if (head === undefined) return headers;
    const end = at + Number(digits);
    const equals = text.slice(at, end).indexOf('=');
    if (equals <= head.length) throw new BrokenArchive('invalid header');
    headers.set(text.slice(at + head.length, at + equals), text.slice(at + equals + 1, end - 1));
    if (headers.size > MAX_ATTRIBUTES)
      throw new BrokenArchive(`more than ${MAX_ATTRIBUTES} attributes`);
    at = end;
  }
}

const PREFIXES = ['SCHILY.xattr.user.', 'LIBARCHIVE.xattr.user.'];

/**
 * The object headers that an entry's extended attributes specify (Swift's
 * `pax_key_to_swift_header`).
 */
export function objectHeaders(pax: PaxHeaders): Headers {
  const fields = [...pax].flatMap(([key, value]) => {
    const prefix = PREFIXES.find((each) => key.startsWith(each));
    const attribute = prefix === undefined ? '' : key.slice(prefix.length);
    if (attribute === 'mime_type') return ['Content-Type', value];
    return attribute.startsWith('meta.')
      ? [`X-Object-Meta-${attribute.slice('meta.'.length)}`, value]
      : [];
  });
  return Headers.fromRaw(fields);
}
