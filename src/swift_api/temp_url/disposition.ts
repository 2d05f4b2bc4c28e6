import { quote, trimmedEnd, type ByteString } from '../../http/bytes';

/**
 * The Content-Disposition of an object that is read by a temporary URL: what the URL says, or else what the object has, or else that it
 * is to be kept under its name.
 *
 * @param kept the object's own
 */
export function dispositionOf(
  { filename, isInline }: { readonly filename: ByteString | undefined; readonly isInline: boolean },
  kept: ByteString | undefined,
  object: ByteString,
): ByteString {
  if (isInline && filename === undefined) return 'inline';
  if (filename !== undefined) return format(isInline ? 'inline' : 'attachment', filename);
  return kept ?? format('attachment', trimmedEnd(object, '/').split('/').at(-1) ?? '');
}

/** RFC 6266, with the name once as every browser reads it and once as RFC 5987 has it. */
function format(type: string, filename: ByteString): string {
  const spaced = filename.split(' ').map(quote).join(' ');
  return `${type}; filename="${spaced}"; filename*=UTF-8''${quote(filename)}`;
}
