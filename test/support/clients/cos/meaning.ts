import { readCosSignature, type CosSignature } from '../../../../middleware/cosapi/signature';
import type { Recorded } from '../captures';
import { decoded } from '../../judges/mutants';

/**
 * Decodes what a COS signature covers in a request, and what the check depends on
 * besides.
 */
export function cosMeaning({ method, target, fields, body }: Recorded): string {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const signature = signatureIn(fields, query);
  if (signature === undefined) return JSON.stringify([method, target, fields]);
  const pairs = query
    .split('&')
    .map((pair) => pair.split(/=(.*)/s))
    .map(([name = '', value = '']) => [decoded(name, true), decoded(value, true)] as const);
  const keys = new Set([
    ...signature.headers.map(keyOf),
    'authorization',
    'content-md5',
    'x-cos-security-token',
  ]);
  // the listener removes fields that WSGI servers do not read
  const read = fields.filter(([name, value]) => {
    const isNone =
      value === '' && keyOf(name) === 'content-md5' && !signature.headers.includes('content-md5');
    return !/^content_(type|length)$/i.test(name) && !isNone;
  });
  const headers = read.map(([name, value]) => [keyOf(name), name.toLowerCase(), value] as const);
  const hasLength = headers.some(([key]) => key === 'content-length');
  const hasDigest = headers.some(([key]) => key === 'content-md5');
  return JSON.stringify([
    method,
    decoded(path, false),
    { ...signature, headers: [...signature.headers], parameters: [...signature.parameters] },
    pairs
      .filter(([name]) => signature.parameters.includes(listed(name)))
      .map(([name, value]) => [listed(name), value])
      .sort(),
    headers
      .filter(([key]) => keys.has(key) && key !== 'authorization')
      .map(([, name, value]) => [name, value.trim()])
      .sort(),
    headers.filter(([key]) => key === 'authorization').length,
    hasDigest ? body.toString('latin1') : hasLength && body.length,
  ]);
}

function signatureIn(fields: Recorded['fields'], query: string): CosSignature | undefined {
  const authorization = fields.find(([name]) => keyOf(name) === 'authorization')?.[1];
  try {
    return readCosSignature(authorization, query);
  } catch {
    return undefined;
  }
}

const keyOf = (name: string) => name.toLowerCase().replaceAll('_', '-');

const listed = (name: string) => encodeURIComponent(name).toLowerCase();
