import { validateHeaderValue } from 'node:http';
import { parseInteger, type ByteString } from '../../src/http/bytes';
import type { Headers } from '../../src/http/headers';
import { InvalidForm } from '../../src/formats/multipart';

/** What a form has said so far, by the names of its fields in lower case. */
export type Fields = ReadonlyMap<string, ByteString>;

/** A field that is a whole number; 0 where it is missing or empty. */
export function numberIn(fields: Fields, name: string, error = `${name} not an integer`): number {
  const value = parseInteger(fields.get(name) || '0');
  if (value === undefined) throw new InvalidForm(error);
  return value;
}

/**
 * What is signed: all that a form promises about its files, line by line.
 *
 * @throws InvalidForm if one of them has a line break: it could be taken for the end of the path,
 *   and what follows for part of the next line, or the other way round
 */
export function signedMessage(path: ByteString, fields: Fields): ByteString {
  if (path.includes('\n')) throw new InvalidForm('the path has a line break');
  const line = (name: string, unset: string) => {
    const value = fields.get(name) || unset;
    if (!value.includes('\n')) return value;
    throw new InvalidForm(name === 'redirect' ? 'redirect is no URL' : `${name} not an integer`);
  };
  const limits = ['max_file_size', 'max_file_count', 'expires'].map((name) => line(name, '0'));
  return [path, line('redirect', ''), ...limits].join('\n');
}

/**
 * The headers of an object that are made of a form's fields, or else of the headers of the file's own part.
 *
 * @throws InvalidForm for what no header can have
 */
export function objectHeaders(
  fields: Fields,
  part: Headers,
): Record<string, ByteString | undefined> {
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
