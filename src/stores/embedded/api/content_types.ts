import { toBytes, type ByteString } from '../../../http/bytes';

/** Types that Python's `mimetypes` guesses for common extensions. */
const TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    avi: 'video/x-msvideo',
    bin: 'application/octet-stream',
    bmp: 'image/bmp',
    c: 'text/plain',
    css: 'text/css',
    csv: 'text/csv',
    doc: 'application/msword',
    docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    epub: 'application/epub+zip',
    gif: 'image/gif',
    h: 'text/plain',
    htm: 'text/html',
    html: 'text/html',
    ico: 'image/vnd.microsoft.icon',
    jpeg: 'image/jpeg',
    jpg: 'image/jpeg',
    js: 'application/javascript',
    json: 'application/json',
    md: 'text/markdown',
    mov: 'video/quicktime',
    mp3: 'audio/mpeg',
    mp4: 'video/mp4',
    mpeg: 'video/mpeg',
    mpg: 'video/mpeg',
    odt: 'application/vnd.oasis.opendocument.text',
    pdf: 'application/pdf',
    png: 'image/png',
    ppt: 'application/vnd.ms-powerpoint',
    ps: 'application/postscript',
    py: 'text/x-python',
    rtf: 'application/rtf',
    sh: 'application/x-sh',
    svg: 'image/svg+xml',
    tar: 'application/x-tar',
    tgz: 'application/x-tar',
    tif: 'image/tiff',
    tiff: 'image/tiff',
    tsv: 'text/tab-separated-values',
    txt: 'text/plain',
    wasm: 'application/wasm',
    wav: 'audio/x-wav',
    webm: 'video/webm',
    webp: 'image/webp',
    xls: 'application/vnd.ms-excel',
    xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    xml: 'application/xml',
    zip: 'application/zip',
  }),
);

/** Compression suffixes that `mimetypes` skips. */
const ENCODED = /\.(gz|bz2|xz|z|br)$/i;

/** Guesses the content type from a name, for a PUT without one. */
export function guessType(name: ByteString): ByteString {
  const extension = /\.([^./]+)$/.exec(name.replace(ENCODED, ''))?.[1] ?? '';
  return toBytes(TYPES.get(extension.toLowerCase()) ?? 'application/octet-stream');
}
