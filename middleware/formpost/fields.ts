import { validateHeaderValue } from 'node:http';
import { parseInteger, type ByteString } from '../../src/http/bytes';
import type { Headers } from '../../src/http/headers';
import { InvalidForm } from '../../src/formats/multipart';
import { hasReservedParameter, RESERVED_TYPE } from '../../src/swift_api/reserved';

/** The fields of a form read so far, by name in lower case. */
export type Fields = ReadonlyMap<string, ByteString>;

/** Reads a field as an integer; 0 if it is missing or empty. */
export function readInteger(
  fields: Fields,
  name: string,
  error = `${name} not an integer`,
): number {
  const value = parseInteger(fields.get(name) || '0');
  if (value === undefined) throw new InvalidForm(error);
  return value;
}

/**
 * Builds the signed message: everything that a form declares about its files, line by
 * line.
 *
 * @throws InvalidForm if a value has a line break: it could pass for the end of the path,
 *   and what follows for part of the next line, or the other way round
 */
export function signedMessage(path: ByteString, fields: Fields): ByteString {
  if (path.includes('\n')) throw new InvalidForm('the path has a line break');
  const line = (name: string, unset: string) => {
    const value = fields.get(name) || unset;
    if (!value.includes('\n')) return value;
    throw new InvalidForm(
      name === 'redirect' ? 'redirect is not a valid URL' : `${name} not an integer`,
    );
  };
  const limits = ['max_file_size', 'max_file_count', 'expires'].map((name) => line(name, '0'));
  return [path, line('redirect', ''), ...limits].join('\n');
}

/**
 * Takes the headers of an object from the fields of a form, or else from the headers of
 * the part with the file.
 *
 * @throws InvalidForm for values that are not allowed in a header
 */
export function objectHeaders(
  fields: Fields,
  part: Headers,
): Record<string, ByteString | undefined> {
  const [type, encoding] = ['content-type', 'content-encoding'].map((name) =>
    checkHeader(name, fields.get(name) ?? part.get(name)),
  );
  // the gatekeeper has seen the form's own type only
  if (type !== undefined && hasReservedParameter(type)) throw new InvalidForm(RESERVED_TYPE.trim());
  return {
    'Content-Type': type === '' ? 'application/octet-stream' : type,
    'Content-Encoding': encoding,
    'X-Delete-At': timeIn(fields, 'x_delete_at', 'Unix timestamp required.'),
    'X-Delete-After': timeIn(fields, 'x_delete_after', 'Number of seconds required.'),
  };
}

function checkHeader(name: string, value: ByteString | undefined): ByteString | undefined {
  try {
    if (value !== undefined) validateHeaderValue(name, value);
    return value;
  } catch {
    throw new InvalidForm(`${name} contains characters that are not allowed in a header`);
  }
}

function timeIn(fields: Fields, name: string, needed: string): string | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  const time = parseInteger(value);
  if (time === undefined) throw new InvalidForm(`${name} not an integer: ${needed}`);
  return String(time);
}
