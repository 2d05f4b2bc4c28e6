import { quote, trimEndChars, type ByteString } from '../../http/bytes';

/**
 * The Content-Disposition of an object that is read by a temporary URL: what the URL
 * says, or else what the object has, or else that it is saved under its name.
 *
 * @param objectDisposition what the object has
 */
export function dispositionOf(
  { filename, isInline }: { readonly filename: ByteString | undefined; readonly isInline: boolean },
  objectDisposition: ByteString | undefined,
  object: ByteString,
): ByteString {
  if (isInline && filename === undefined) return 'inline';
  if (filename !== undefined) return format(isInline ? 'inline' : 'attachment', filename);
  return (
    objectDisposition ?? format('attachment', trimEndChars(object, '/').split('/').at(-1) ?? '')
  );
}

/** RFC 6266: the name once as every browser reads it, and once as in RFC 5987. */
function format(type: string, filename: ByteString): string {
  const plainName = filename.split(' ').map(quote).join(' ');
  return `${type}; filename="${plainName}"; filename*=UTF-8''${quote(filename)}`;
}
