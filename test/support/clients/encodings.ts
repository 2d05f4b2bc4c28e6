/** The encodings that Python's `json` detects. */
export const ENCODINGS = ['utf-8', 'utf-16-le', 'utf-16-be', 'utf-32-le', 'utf-32-be'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Their byte order marks. */
export const BOMS: readonly (readonly [Encoding, Buffer])[] = ENCODINGS.map((encoding) => [
  encoding,
  encoded('\ufeff', encoding),
]);

/** Encodes a text, without a byte order mark. */
export function encoded(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf-8') return Buffer.from(text);
  const width = encoding.startsWith('utf-16') ? 2 : 4;
  const units =
    width === 2 ? Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)) : points(text);
  const bytes = Buffer.alloc(units.length * width);
  units.forEach((unit, i) => {
    if (encoding.endsWith('le')) bytes.writeUIntLE(unit, i * width, width);
    else bytes.writeUIntBE(unit, i * width, width);
  });
  return bytes;
}

function points(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}
