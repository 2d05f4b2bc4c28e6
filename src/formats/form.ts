import { trimChars, type ByteString } from '../http/bytes';
import type { Headers } from '../http/headers';

/**
 * Parses a header's value and its parameters like Swift's `parse_content_disposition`.
 */
export function parseParameters(header: ByteString): {
  readonly value: ByteString;
  readonly parameters: ReadonlyMap<string, ByteString>;
} {
  const semicolon = header.indexOf(';');
  if (semicolon < 0) return { value: header, parameters: new Map() };
  const parameters = new Map<string, ByteString>();
  let rest = header.slice(semicolon + 1).trim();
  for (let match = PARAMETER.exec(rest); match; match = PARAMETER.exec(rest)) {
    const [whole, name = '', value = ''] = match;
    parameters.set(name, trimChars(value, '"'));
    rest = rest.slice(whole.length);
  }
  return { value: header.slice(0, semicolon).trim(), parameters };
}

const PARAMETER = /^(\w+)=(".*?"|[^";]+)(?:; ?|$)/;

/**
 * The boundary of a form that is uploaded to Swift's `formpost`; undefined for any other
 * request.
 */
export function formBoundary({
  method,
  headers,
}: {
  readonly method: string;
  readonly headers: Headers;
}): ByteString | undefined {
  if (method !== 'POST') return undefined;
  const { value, parameters } = parseParameters(headers.get('content-type') ?? '');
  return value === 'multipart/form-data' ? parameters.get('boundary') : undefined;
}
