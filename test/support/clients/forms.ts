import { createHmac } from 'node:crypto';

/** The fields of a form, in order. */
export type Fields = Readonly<Record<string, string>>;
/** A file of a form; the headers of its part end in CRLF. */
export type FormFile = readonly [name: string, content: string, headers?: string];

export const BOUNDARY = '----WebKitFormBoundary';

/** A time in the future; Swift compares it with its own clock. */
export const LATER = String(Math.floor(Date.now() / 1000) + 86_400);

/** Limits of a form that most tests leave alone: two files of 20 bytes. */
export const LIMITS: Fields = { max_file_size: '20', max_file_count: '2', expires: LATER };

/** Signs fields for a path; missing ones count as they do in Swift. */
export function signForm(path: string, fields: Fields, key: string, digest = 'sha256'): Fields {
  const limits = [fields['max_file_size'], fields['max_file_count'], fields['expires']];
  const message = [path, fields['redirect'] ?? '', ...limits.map((each) => each || '0')].join('\n');
  return { ...fields, signature: createHmac(digest, key).update(message).digest('hex') };
}

/** The part of a field. */
export function fieldPart([name, value]: readonly [string, string]): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

/** The part of a file. */
export function filePart(
  [name, content, headers = 'Content-Type: text/plain\r\n']: FormFile,
  at = 0,
): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file${at}"; filename="${name}"\r\n${headers}\r\n${content}\r\n`;
}

/** The body of a form, as browsers post it. */
export function formBody(fields: Fields, files: readonly FormFile[]): string {
  return [
    ...Object.entries(fields).map(fieldPart),
    ...files.map(filePart),
    `--${BOUNDARY}--\r\n`,
  ].join('');
}

/** The header for such a body. */
export const FORM_TYPE = { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` };
