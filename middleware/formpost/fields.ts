import { validateHeaderValue } from 'node:http';
import { parseInteger, type ByteString } from '../../src/http/bytes';
import type { Headers } from '../../src/http/headers';
import { InvalidForm } from '../../src/http/multipart';

/** What a form has said so far, by the names of its fields in lower case. */
export type Fields = ReadonlyMap<string, ByteString>;

/** A field that is a whole number; 0 where it is missing or empty. */
export function numberIn(fields: Fields, name: string, error = `${name} not an integer`): number {
  const value = parseInteger(fields.get(name) || '0');
  if (value === undefined) throw new InvalidForm(error);
  return value;
}

/** What is signed: all that a form promises about its files. */
export function signedMessage(path: ByteString, fields: Fields): ByteString {
  const value = (name: string) => fields.get(name) || '0';
  const limits = [value('max_file_size'), value('max_file_count'), value('expires')];
  return [path, fields.get('redirect') ?? '', ...limits].join('\n');
}

/**
 * The headers of an object that are made of a form's fields, or else of the headers of the file's own part.
 *
 * @throws InvalidForm for what no header can have
 */
export function objectHeaders(fields: Fields, part: Headers): Record<string, ByteString | undefined> {
  const [type, encoding] = ['content-type', 'content-encoding'].map((name) =>
    checked(name, fields.get(name) ?? part.get(name)),
  );
  return {
    'Content-Type': type === '' ? 'application/octet-stream' : type,
    'Content-Encoding': encoding,
    'X-Delete-At': timeIn(fields, 'x_delete_at', 'Unix timestamp required.'),
    'X-Delete-After': timeIn(fields, 'x_delete_after', 'Number of seconds required.'),
  };
}

function checked(name: string, value: ByteString | undefined): ByteString | undefined {
  try {
    if (value !== undefined) validateHeaderValue(name, value);
    return value;
  } catch {
    throw new InvalidForm(`${name} has characters that no header has`);
  }
}

function timeIn(fields: Fields, name: string, needed: string): string | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  const time = parseInteger(value);
  if (time === undefined) throw new InvalidForm(`${name} not an integer: ${needed}`);
  return String(time);
}
