import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A recorded request, with its header fields as they came. */
export interface Recorded {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Without the framing of a chunked transfer. */
  readonly body: Buffer;
}

/** Reads the requests of a file in test/captures. */
export function captures(name: string): Recorded[] {
  const text = readFileSync(join(__dirname, '../../captures', name), 'latin1');
  const requests = text.split('-----8<-----').map((each) => each.replace(/^\n/, ''));
  return requests.filter((each) => each !== '').map(parse);
}

function parse(text: string): Recorded {
  const end = /\r?\n\r?\n/.exec(text);
  const [first = '', ...lines] = text.slice(0, end?.index).split(/\r?\n/);
  const [method = '', target = ''] = first.split(' ');
  const fields = lines.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at), line.slice(at + 1).trim()] as const;
  });
  const rest = text.slice((end?.index ?? text.length) + (end?.[0].length ?? 0));
  return { method, target, fields, body: Buffer.from(bodyOf(rest, fields), 'latin1') };
}

function bodyOf(rest: string, fields: Recorded['fields']): string {
  const length = fields.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  if (length !== undefined) return rest.slice(0, Number(length));
  return fields.some(([name]) => name.toLowerCase() === 'transfer-encoding')
    ? rest.replace(/\r?\n/g, '\r\n').replace(/(\r\n)+$/, '\r\n\r\n')
    : '';
}
